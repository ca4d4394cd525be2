"""The pages of the app: one file per page, each drawing what `app.session` has opened."""
