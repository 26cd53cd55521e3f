"""What the lab hands to other tools."""
