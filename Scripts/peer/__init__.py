"""The parts of Scripts/bench-peer. torch is imported by torch_process and networks alone."""
