"""Tests of putting dead letters and refused readings back."""
