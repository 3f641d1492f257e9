"""The frame of the command line: help, exit codes, and the generated page."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trafficctl.__main__ import COMMANDS, build_parser, main
from trafficctl.reference import PAGE, cli_page, commands_of

ROOT = Path(__file__).parents[3]


def every_command(parser, path=()):
    for name, command in commands_of(parser).items():
        yield (*path, name)
        yield from every_command(command, (*path, name))


@pytest.mark.parametrize("command", sorted(every_command(build_parser())))
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        main([*command, "--help"])

    assert stopped.value.code == 0
    assert capsys.readouterr().out.startswith(f"usage: trafficctl {' '.join(command)}")


@pytest.mark.parametrize("commands", COMMANDS.values())
def test_a_command_that_is_read_alone_is_what_it_is_among_all(commands):
    alone = {name: commands_of(build_parser(name)) for name in commands}
    among_all = commands_of(build_parser())

    assert {name: tuple(read) for name, read in alone.items()} == dict.fromkeys(
        commands, commands
    )
    assert [alone[name][name].format_help() for name in commands] == [
        among_all[name].format_help() for name in commands
    ]


def test_no_command_shows_the_help_on_stderr_as_wrong_usage(capsys):
    code = main([])

    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.startswith("usage: trafficctl")


def test_an_unknown_command_is_wrong_usage(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["fly"])

    assert stopped.value.code == 2
    assert "invalid choice: 'fly'" in capsys.readouterr().err


def test_a_stack_name_that_aws_would_refuse_is_refused_here(capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["segments", "--stack", "my_city"])

    assert stopped.value.code == 2
    assert "'my_city' is not a stack name" in capsys.readouterr().err


def run_tool(*args, env):
    return subprocess.run(
        [sys.executable, "-m", "trafficctl", *args],
        env={"PATH": "/usr/bin:/bin", **env},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_an_unreachable_city_exits_3_with_one_line_and_no_traceback(tmp_path):
    env = {
        "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
        "AWS_ACCESS_KEY_ID": "none",
        "AWS_SECRET_ACCESS_KEY": "none",
        "AWS_REGION": "us-east-1",
        "AWS_MAX_ATTEMPTS": "1",
        "HOME": str(tmp_path),
    }

    done = run_tool("segments", env=env)

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr.startswith("trafficctl: Could not connect to the endpoint URL")
    assert "`trafficctl up` starts the local one" in done.stderr
    assert done.stderr.count("\n") == 1


def test_missing_region_exits_2_and_names_the_setting(tmp_path):
    done = run_tool("alerts", env={"HOME": str(tmp_path)})

    assert done.returncode == 2
    assert "set AWS_REGION" in done.stderr


def test_a_reader_that_has_seen_enough_is_no_error(tmp_path):
    script = (
        "import sys; from trafficctl.cli.output import show;"
        "from trafficctl import __main__ as m;"
        "import argparse\n"
        "class P:\n"
        "    def parse_args(self, argv):\n"
        "        return argparse.Namespace(run=lambda a: [show('x' * 70)"
        " for _ in range(9000)] and 0)\n"
        "m._run = lambda argv: P().parse_args(argv).run(None)\n"
        "sys.exit(m.main())"
    )
    shell = f'"{sys.executable}" -c "$SCRIPT" | head -1; echo "${{PIPESTATUS[0]}}"'

    done = subprocess.run(
        ["/bin/bash", "-c", shell],
        env={"SCRIPT": script, "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.stdout == "x" * 70 + "\n0\n"
    assert done.stderr == ""


def test_the_page_on_the_command_line_is_what_the_commands_say():
    written = (ROOT / PAGE).read_text(encoding="utf-8")

    # Pythons break the lines of a usage in different places.
    assert written.split() == cli_page().split(), "run `python -m trafficctl.reference`"
