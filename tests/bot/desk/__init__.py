"""Tests of the moderators' doors."""
