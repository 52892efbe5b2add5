"""Never twice, proved: networks of our own that misbehave and count, and workers that die at named points."""
