"""Every plot and table of the window as a file, or in the clipboard: menu, button and keys."""
