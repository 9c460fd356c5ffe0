"""What was measured, and how: each script prints a table and, with --json FILE, one flat object of its figures."""
