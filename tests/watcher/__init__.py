"""Tests of the conducting part."""
