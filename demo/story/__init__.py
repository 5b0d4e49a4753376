"""The parts of the demonstration. `demo/run` is the way in."""
