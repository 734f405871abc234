"""What several tests stand on: real backends that misbehave, replays of the recording, processes."""
