"""The console's rooms as pages: one module a room, each over the same functions that the JSON API and `lab` use."""
