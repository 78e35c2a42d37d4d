"""Reading form-js files: JSON with line numbers, every component checked, every problem told."""
