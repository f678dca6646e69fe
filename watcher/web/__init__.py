"""The daemon's web server: health, webhooks, the API, metrics and the pages."""
