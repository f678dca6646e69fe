"""Recorded history played through the watcher, poll by poll: ``make replay RECORDINGS=DIR``.

For each source: at every moment when something happened, its upstream serves what was there then, the main job runs
once, and a maintainer merges what it proposed. Then it is told what should have been proposed and was not, what
should not have been, and how many polls it took.
"""
