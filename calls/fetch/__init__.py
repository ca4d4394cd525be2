"""Fetching a public export to a file, whole or not at all, with a record of where it came from.

Three kinds of open-data portals (`socrata`, `ckan`, `arcgis`) and plain files are told apart by their address
(`portals`); `police_data` goes through the directory of the library openpolicedata. All of them page, wait
when asked to, and go on after a break (`saving`); beside each file stands its provenance.
"""
