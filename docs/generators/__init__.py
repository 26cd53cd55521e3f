"""What each reference page is made of."""
