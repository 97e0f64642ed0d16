"""Tests of tools/check_spec_map: what it finds missing in a small tree."""
import importlib.machinery
import importlib.util
import pathlib
import tempfile
import unittest

TOOL = pathlib.Path(__file__).parent.parent / "check_spec_map"
loader = importlib.machinery.SourceFileLoader("check_spec_map", str(TOOL))
check_spec_map = importlib.util.module_from_spec(
    importlib.util.spec_from_loader("check_spec_map", loader))
loader.exec_module(check_spec_map)

TREE = {
    "src/types/error_code.hpp": "  X(101, Full) \\\n  X(517, Loop)\n",
    "src/types/limits.hpp": "inline constexpr std::size_t kMost = 3;\n",
    "src/execution/limits.hpp": "",
    "src/execution/wasm/acceptance.hpp": "",
    "src/a/api.hpp": "time; ErrorCode::kFull;\n",
    "src/a/api.cpp": "",
    "src/a/api_test.cpp": 'TEST(Api, tells_the_time) {\n  EXPECT("IC0101: it"\n    " is full");\n}\n',
    "tests/vectors/spec/headings.tsv": "# from\ncanister-interface\t3\tTime\n",
    "tests/vectors/spec/resource-limits.tsv": "# from\nAll\tThings\t3\n",
    "tests/vectors/execution/system-api.csv": "function,type\ntime,() -> i64\n",
    "docs/spec_map.md": """## Canister interface
| section | code | tests | status |
| --- | --- | --- | --- |
| Time | `a/api.hpp`, `api.cpp` | `Api.tells_*` | yes |

| function | code | tests |
| --- | --- | --- |
| `time` | `a/api.hpp` | `Api.*` |
""",
    "docs/limits.md": """## Error codes
| code | name | tests | seen as, or why never |
| --- | --- | --- | --- |
| 101 | Full | `Api.*` | `it is full` |
| 517 | Loop | | ends otherwise |

## Constants
| constant | tests | remark |
| --- | --- | --- |
| `kMost` | `Api.*` | |

## The public page
| limit | value | tests | remark |
| --- | --- | --- | --- |
| Things | 3 | | nobody has any |
""",
}


def problems(changes=()):
    """What is wrong after (file, old text, new text)."""
    with tempfile.TemporaryDirectory() as root:
        for file, text in TREE.items():
            for changed, old, new in changes:
                if changed == file:
                    assert old in text, f"{old} isn't in {file}"
                    text = text.replace(old, new)
            path = pathlib.Path(root) / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return check_spec_map.Checker(pathlib.Path(root)).check()


class Findings(unittest.TestCase):
    def test_a_complete_map_has_none(self):
        self.assertEqual(problems(), [])

    def test_each_kind_is_told_by_name(self):
        spec, limits = "docs/spec_map.md", "docs/limits.md"
        headings = "tests/vectors/spec/headings.tsv"
        for change, told in [
                ((spec, "`api.cpp`", "`b.cpp`"), "'Time': there is no src/a/b.cpp"),
                ((spec, "`Api.tells_*`", "`Api.told_*`"), "'Time': there is no test Api.told_*"),
                ((spec, "`Api.tells_*`", "some"), "'Time': no tests"),
                ((spec, "| Time |", "| Space |"), "no line for the section 'Time' of canister-interface"),
                ((headings, "Time\n", "Time\ncanister-interface\t3\tTime\n"),
                 "the sections of canister-interface are not in its order, or not as often"),
                ((spec, "| `time` |", "| `space` |"), "0 lines for the function 'time'"),
                ((spec, "`a/api.hpp` | `Api.*`", "`a/api.cpp` | `Api.*`"),
                 "'time' is in none of the files of its line"),
                ((spec, "| yes |", "| yes | |"), "'Time': 5 cells, not 4"),
                (("src/types/error_code.hpp", "X(517", "X(102, None) X(517"),
                 "no line for the error code 102 None"),
                ((limits, "| 101 | Full |", "| 101 | Empty |"), "there is no error code 101 Empty"),
                ((limits, "| `Api.*` | `it is full` |", "| | |"),
                 "101: neither tests nor a reason"),
                (("src/a/api_test.cpp", '"IC0101: it"\n    " is full"', '""'),
                 "101: no test of its line has it is full or IC0101 or kFull"),
                (("src/a/api.cpp", "", "ErrorCode::kLoop"),
                 "517 has no test, but src/a/api.cpp produces it"),
                (("src/types/limits.hpp", "kMost", "kLeast"), "0 lines for the constant 'kLeast'"),
                ((limits, "| Things | 3 |", "| Things | 4 |"),
                 "'Things' is 3 on the public page, not 4"),
                ((limits, "nobody has any", ""), "'Things': neither tests nor a reason"),
        ]:
            with self.subTest(told=told):
                self.assertIn(told, [line.split(": ", 1)[1] for line in problems([change])])

    def test_the_texts_of_a_test_are_joined(self):
        code = ("src/a/api_test.cpp", "IC0101: it", "it")
        self.assertEqual(problems([code]), [])


if __name__ == "__main__":
    unittest.main()
