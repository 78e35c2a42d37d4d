"""One installation: opened, set up, upgraded, looked after."""
