# SPDX-License-Identifier: MIT
"""What pyproject.toml cannot say: the extension. Run by build_elsewhere.py, in its copy."""
import re
from pathlib import Path

from setuptools import Extension, setup


def version():
    header = Path("include/streamx.h").read_text(encoding="utf-8")
    return ".".join(re.findall(r"#define STREAMX_VERSION_(?:MAJOR|MINOR|PATCH) (\d+)", header))


setup(
    version=version(),
    packages=["streamx"],
    package_data={"streamx": ["py.typed", "*.pyi"]},
    zip_safe=False,
    ext_modules=[
        Extension(
            "streamx._core",
            sources=sorted(map(str, [*Path("src").glob("*.c"), *Path("lib").rglob("*.c")])),
            depends=sorted(map(str, Path().rglob("*.h"))),
            include_dirs=["include", "lib", "src"],
            define_macros=[("_GNU_SOURCE", ""), ("Py_LIMITED_API", "0x030b0000")],
            extra_compile_args=["-std=c11", "-fvisibility=hidden", "-g0"],
            extra_link_args=["-pthread", "-s"],
            py_limited_api=True,
        )
    ],
    options={"bdist_wheel": {"py_limited_api": "cp311"}},
)
