"""Design to files: what each device and the site get, as text. Pure but for reading the templates."""
