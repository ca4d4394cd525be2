"""What calls take: queue, travel, on-scene and committed minutes, and unit-hours by anything.

`spans` turns each unit's stamps on a call into one interval with a named rule for every way it can be faulty;
`measures` adds intervals up. The unit-hour is the hour that one police unit is committed to one call, from
assignment to clear: recorded call time, not everything that officers do (reports written after clearing,
investigations and patrol between calls are not in it). What is missing is counted and bounded, never dropped:
each total comes as low (measured only), central (missing spans take their category's mean) and high (missing
spans take the cap).
"""
