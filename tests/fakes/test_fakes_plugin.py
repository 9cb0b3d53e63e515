"""The pytest plugin, as others use it: the example of the documentation runs, alone and under xdist."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = re.findall(r"```python\n(.*?)```", (ROOT / "docs" / "fakes.md").read_text(encoding="utf-8"), re.S)
pytest_plugins = ["pytester"]


@pytest.fixture
def project(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    """Somebody else's project that has this package installed."""
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers\n")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")  # those of this machine only cost time
    return pytester


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    # Asked for by name, whether or not the package is installed; installed, it is there only once.
    plugins = ["-p", "fakes.plugin", "-p", "xdist", "-p", "no:cacheprovider"]
    return project.runpytest_subprocess(*plugins, *arguments)


def test_the_documented_example_runs_alone_and_in_parallel(project: pytest.Pytester) -> None:
    assert len(EXAMPLE) == 1
    project.makepyfile(EXAMPLE[0])
    run(project, "-n", "2").assert_outcomes(passed=4)


def test_every_test_has_a_world_of_its_own_on_one_clock(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.parametrize("turn", [1, 2])
        def test_own(fake_world, klaviyo_fake, lightspeed_r_fake, turn):
            assert klaviyo_fake is fake_world.klaviyo
            assert not klaviyo_fake.state.profiles.all
            klaviyo_fake.state.profile("ann@mail.org")
            klaviyo_fake.advance(60)
            assert lightspeed_r_fake.clock.now() == klaviyo_fake.clock.now()
            assert klaviyo_fake.clock.now().isoformat() == "2026-11-02T09:01:00+00:00"

        def test_served(serve_fake, klaviyo_fake):
            import urllib.request
            with urllib.request.urlopen(serve_fake(klaviyo_fake) + "/_fake/health") as answer:
                assert b'"status":"ok"' in answer.read()
        """
    )
    run(project).assert_outcomes(passed=3)


def test_a_wrong_mark_is_told_in_words(project: pytest.Pytester) -> None:
    project.makepyfile(
        """
        import pytest

        @pytest.mark.fakes(sede=7)
        def test_typo(klaviyo_fake): ...

        @pytest.mark.fakes(start="2026-03-08")
        def test_naive(klaviyo_fake): ...

        @pytest.mark.fakes(only=["lightspeed_r"])
        def test_absent(klaviyo_fake): ...
        """
    )
    result = run(project)
    result.assert_outcomes(errors=3)
    told = result.stdout.str()
    assert "the marker 'fakes' takes seed, start, clock, only, limits by name" in told
    assert "takes start as an ISO instant with an offset" in told
    assert "this test's world has no klaviyo: its marker 'fakes' says only=['lightspeed_r']" in told


def test_the_plugin_costs_nothing_until_a_fixture_is_asked_for() -> None:
    code = (
        "import sys\nimport pytest\nbefore = set(sys.modules)\nimport fakes.plugin\n"
        "new = {name for name in set(sys.modules) - before if not name.startswith('fakes')}\n"
        "assert not {'flask', 'msgspec', 'werkzeug', 'cryptography'} & new, new\n"
        "assert {n for n in sys.modules if n.startswith('fakes')} == {'fakes', 'fakes.plugin'}"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
