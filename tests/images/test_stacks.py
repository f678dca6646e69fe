"""Each stack as its Dockerfile makes it: the version is the one in the name, a program runs, TLS is spoken."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from builder.smoke import judged, script
from tests.images.engine import need, output
from tests.images.larder import unzip
from tests.images.servers import Secure
from tests.images.yard import Yard
from watcher.trials import expected

TRIXIE, SMOKE = "amd64/debian/trixie", Path(__file__).parent / "smoke"
HELLO = "hello over TLS"

GATE = [
    f"{TRIXIE}/build",
    "amd64/debian/bookworm/run",
    *(f"{stack}/{TRIXIE}/{line}/{variant}" for stack, line in (("node", "22"), ("python", "3.13"), ("golang", "1.27"))
      for variant in ("run", "build")),
    "node/amd64/debian/bookworm/24/run",
    "node/aarch64/debian/trixie/22/run",
    "python/amd64/debian/bookworm/3.13/run",
    "golang/amd64/debian/bookworm/1.27/run",
    f"openjdk/{TRIXIE}/21-jdk/run",
    f"openjdk/{TRIXIE}/21-jdk/build",
    f"openjdk/{TRIXIE}/25-jre/run",
    "openjdk/amd64/debian/bookworm/25-jre/run",
    "openjdk/i386/debian/trixie/21-jdk/run",
    f"dotnet/{TRIXIE}/{{dotnet}}/run",
    f"dotnet/{TRIXIE}/{{dotnet}}/build",
    "dotnet/amd64/debian/bookworm/{dotnet}/run",
    f"dotnet/{TRIXIE}/3.1-aspnet/run",
]  # fmt: skip
"""At least three images of each stack: other versions of the distro, other variants, other processors. ``{dotnet}`` is the
one line whose runtime could be had alone."""


@pytest.fixture
def smoke(tmp_path: Path, tls: Secure) -> Path:
    """The folder that containers see as ``/smoke``: the programs and the server's certificate."""
    shutil.copytree(SMOKE, tmp_path, dirs_exist_ok=True)
    shutil.copy(tls.certificate, tmp_path)
    tmp_path.chmod(0o755)
    return tmp_path


def test_the_operating_system_is_what_it_says(yard: Yard) -> None:
    """Its message names it, its tools are there, and nothing is left in the package manager's caches."""
    name = yard.build(f"{TRIXIE}/run")
    assert "OS: Debian GNU/Linux 13 (trixie)\nVariant: run\n" in yard.engine.run(name, "balena-info")
    left = yard.engine.run(
        name, "find", "/var/lib/apt/lists", "/var/cache/apt/archives", "-name", "*.deb", "-o", "-name", "*Packages*"
    )
    assert left == ""


@pytest.mark.parametrize("place", GATE)
def test_it_gets_its_name(yard: Yard, place: str) -> None:
    """It passes what it has to pass in production, by the same rows and the same judge."""
    place = place.format(dotnet=dotnet(yard))
    name = yard.build(place)
    checks = expected(yard.world.rows, yard.image(place), {}).checks
    assert judged(checks, yard.engine.run(name, "sh", "-c", script(checks, patience=10))) == []


def dotnet(yard: Yard) -> str:
    """The line of .NET that there is."""
    (line,) = (line for source, line in yard.world.rows.releases if source == "dotnet" and line.endswith("-runtime"))
    return line


def test_an_sdk_makes_and_runs_a_program(yard: Yard, smoke: Path) -> None:
    """It passes what it has to pass in production, off the network.

    Of 3.1 alone an SDK could be had: it knows neither this ICU nor this OpenSSL, so it does without the one, and is lent
    the other. Those that the images are for know both.
    """
    place = f"dotnet/{TRIXIE}/3.1-sdk/build"
    name = yard.build(place)
    old = yard.larder.wheel("psycopg2-binary==2.9.6", "--python-version=3.11", "--platform=manylinux2014_x86_64")
    unzip(old, "psycopg2_binary.libs", smoke / "lent")
    for library in ("ssl", "crypto"):
        (found,) = (smoke / "lent").glob(f"lib{library}-*.so.1.1")
        (smoke / "lent" / f"lib{library}.so.1.1").symlink_to(found.name)
    lent = "export LD_LIBRARY_PATH=/smoke/lent DOTNET_SYSTEM_GLOBALIZATION_INVARIANT=1\n"
    checks = expected(yard.world.rows, yard.image(place), {}).checks
    assert {"version of the .NET SDK", "program for .NET"} <= {check.title for check in checks}
    told = yard.engine.run(name, "sh", "-c", lent + script(checks, patience=10), folder=smoke)
    assert judged(checks, told) == []


@pytest.mark.parametrize("variant", ["run", "build"])
def test_python(yard: Yard, smoke: Path, tls: Secure, variant: str) -> None:
    """Its extension modules work; pip is the one that is pinned, and an interpreter started later finds its library."""
    name, version = yard.build(f"python/{TRIXIE}/3.13/{variant}"), yard.world.version("python", "3.13")
    assert yard.engine.run(name, "python", "--version") == f"Python {version}\n"
    told = yard.engine.run(name, "python", "/smoke/smoke.py", str(tls.port), "/smoke/cert.pem", folder=smoke)
    assert told == f"{HELLO}\n"
    pinned = yard.world.rows.stacks["python"].extra
    there = yard.engine.run(name, "pip", "list", "--format=freeze").split()
    assert sorted(there) == sorted(f"{tool}=={pinned[f'{tool}_version']}" for tool in ("pip", "setuptools", "wheel"))
    assert yard.engine.run(name, "find", "/usr/local", "-name", "*.pyc", "-o", "-name", "*.a") == ""


def test_python_compiles_extensions_in_build(yard: Yard) -> None:
    """The headers belong to the interpreter, and the compiler is told nothing of how that one was made."""
    name = yard.build(f"python/{TRIXIE}/3.13/build")
    script = (
        "cd /tmp && printf '%s\\n' '#include <Python.h>' 'static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, \"x\"};'"
        " 'PyMODINIT_FUNC PyInit_x(void) { return PyModule_Create(&m); }' > x.c"
        " && gcc -shared -fPIC $(python-config --includes) x.c -o x.so && python -c 'import x; print(x.__name__)'"
        " && python-config --ldflags --embed"
    )
    told = yard.engine.run(name, "sh", "-c", script)
    assert told.startswith("x\n")
    assert "rpath" not in told


@pytest.mark.parametrize("variant", ["run", "build"])
def test_go(yard: Yard, smoke: Path, tls: Secure, variant: str) -> None:
    """A program compiles, also without a C compiler, and its toolchain is not exchanged for another."""
    version = yard.world.version("golang", "1.27")
    name = yard.build(f"golang/{TRIXIE}/1.27/{variant}")
    told = yard.engine.run(name, "go", "run", "/smoke/smoke.go", str(tls.port), "/smoke/cert.pem", folder=smoke)
    assert told == f"go{version} {HELLO}\n"
    assert yard.engine.run(name, "go", "env", "GOTOOLCHAIN", "GOPATH") == "local\n/go\n"


def test_a_jdk_compiles_and_a_jre_runs(yard: Yard, smoke: Path, tls: Secure) -> None:
    """What one image compiled another runs; the JRE has no compiler."""
    jdk, jre = yard.build(f"openjdk/{TRIXIE}/21-jdk/run"), yard.build(f"openjdk/{TRIXIE}/25-jre/run")
    run = ("java", "/smoke/Smoke.java", str(tls.port), "/smoke/cert.pem")
    assert yard.engine.run(jdk, *run, folder=smoke) == f"true {HELLO}\n"
    archive = yard.engine.run(
        jdk, "sh", "-c", "cd /tmp && javac -d . /smoke/Smoke.java && base64 -w0 Smoke.class", folder=smoke
    )
    script = f"cd /tmp && echo {archive} | base64 -d > Smoke.class && java Smoke {tls.port} /smoke/cert.pem"
    assert yard.engine.run(jre, "sh", "-c", script, folder=smoke) == f"true {HELLO}\n"
    assert yard.engine.run(jre, "sh", "-c", "command -v javac || echo none") == "none\n"


@pytest.mark.parametrize("flavour", ["jdk", "jre"])
def test_a_distros_own_java(yard: Yard, smoke: Path, tls: Secure, flavour: str) -> None:
    """On 32-bit x86 it is Debian's package; JAVA_HOME is where that is, and the trust store is the machine's."""
    name = yard.build(f"openjdk/i386/debian/trixie/21-{flavour}/run")
    assert yard.engine.run(name, "sh", "-c", '"$JAVA_HOME/bin/java" -XshowSettings:properties -version 2>&1').count(
        "i386"
    )
    compiler = yard.engine.run(name, "sh", "-c", "command -v javac || echo none").strip()
    assert (compiler != "none") == (flavour == "jdk")
    if flavour == "jdk":
        told = yard.engine.run(name, "java", "/smoke/Smoke.java", str(tls.port), "/smoke/cert.pem", folder=smoke)
        assert told == f"true {HELLO}\n"


def test_dotnet(yard: Yard, smoke: Path, tls: Secure) -> None:
    """A program finds ICU, which knows the names of days in German, and OpenSSL."""
    output(need("mcs"), "-r:System.dll", f"-out:{smoke / 'Smoke.dll'}", smoke / "Smoke.cs")
    line = dotnet(yard)
    framework = {"name": "Microsoft.NETCore.App", "version": str(yard.world.version("dotnet", line))}
    options = str({"runtimeOptions": {"framework": framework}}).replace("'", '"')
    (smoke / "Smoke.runtimeconfig.json").write_text(options)
    name = yard.build(f"dotnet/{TRIXIE}/{line}/run")
    told = yard.engine.run(name, "dotnet", "/smoke/Smoke.dll", str(tls.port), folder=smoke)
    assert told.splitlines() == [f"{framework['version']}, Freitag", HELLO]


def test_node_in_run(yard: Yard, smoke: Path, tls: Secure) -> None:
    """It runs a program, and npm and yarn answer."""
    name = yard.build(f"node/{TRIXIE}/22/run")
    told = yard.engine.run(name, "node", "/smoke/smoke.js", str(tls.port), "/smoke/cert.pem", folder=smoke)
    assert told == f"v{yard.world.version('node', '22')} {HELLO}\n"
    assert yard.engine.run(name, "sh", "-c", "npm --version && yarn --version")


def test_node_loads_an_addon_that_build_compiled(yard: Yard, smoke: Path, tls: Secure) -> None:
    """The image has what node-gyp needs, headers included, and fetches nothing for it."""
    name = yard.build(f"node/{TRIXIE}/22/build")
    gyp = "/usr/local/lib/node_modules/npm/node_modules/node-gyp/bin/node-gyp.js"
    script = (
        f"cp -r /smoke/addon /tmp/addon && cd /tmp/addon && {gyp} rebuild --nodedir=/usr/local > gyp.log 2>&1"
        f" && node /smoke/smoke.js {tls.port} /smoke/cert.pem /tmp/addon/build/Release/addon.node || cat gyp.log"
    )
    told = yard.engine.run(name, "sh", "-c", script, folder=smoke)
    assert told == f"42\nv{yard.world.version('node', '22')} {HELLO}\n"
