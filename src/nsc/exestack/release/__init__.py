"""What a data set may be published as: its rights, its rows, its folder."""
