"""Tests of tools/check_layers: each rule once kept and once broken."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

TOOL = pathlib.Path(__file__).parent.parent / "check_layers"
loader = importlib.machinery.SourceFileLoader("check_layers", str(TOOL))
check_layers = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_layers", loader))
loader.exec_module(check_layers)

TABLES = r"""
## Folders
| folder | may include | pure | holds |
| --- | --- | --- | --- |
| base | | | bytes |
| io | base | | interfaces |
| io/linux | base, io | | the system |
| core | base, io | pure | a state machine |
| core/part | base | pure | a part of it |
| node | * | | the process |
## Libraries
| library | headers | folders | sources |
| --- | --- | --- | --- |
| Boost | boost/ | io/linux | yes |
| json | json.h | node | |
| GoogleTest | gtest/ | tests | |
## Words that pure folders may not use
| word | because |
| --- | --- |
| `std::chrono::\w+::now` | time is an input |
| `<(fstream\|iostream)>` | files are actions |
## Exceptions
| file | word or header | reason |
| --- | --- | --- |
"""


def problems(path, text, tables=TABLES):
    rules = check_layers.read_rules(tables)
    return [problem for _, _, problem in check_layers.check_file(rules, path, text)]


class Includes(unittest.TestCase):
    def test_lets_a_folder_include_itself_its_parts_and_what_its_row_names(self):
        text = '#include "core/a.hpp"\n#include "core/part/b.hpp"\n#include "base/c.hpp"\n'
        self.assertEqual(problems("core/x.cpp", text), [])

    def test_refuses_a_folder_that_is_not_in_the_row(self):
        self.assertEqual(problems("base/x.cpp", '#include "io/a.hpp"'), ["base may not include io"])

    def test_refuses_the_folder_above_a_part(self):
        self.assertEqual(problems("core/part/x.cpp", '#include "core/a.hpp"'),
                         ["core/part may not include core"])

    def test_takes_the_longest_row_for_a_path(self):
        self.assertEqual(problems("core/x.cpp", '#include "io/linux/a.hpp"'),
                         ["core may not include io/linux"])

    def test_counts_a_part_without_a_row_to_the_folder_above(self):
        self.assertEqual(problems("core/other/x.cpp", '#include "core/a.hpp"'), [])

    def test_lets_a_star_include_everything(self):
        self.assertEqual(problems("node/x.cpp", '#include "io/linux/a.hpp"'), [])

    def test_refuses_an_unknown_folder(self):
        self.assertEqual(problems("util/x.cpp", ""), ["src/util is no folder of docs/layers.md"])
        self.assertEqual(problems("core/x.cpp", '#include "util/a.hpp"'),
                         ['"util/a.hpp" is in no folder of docs/layers.md'])

    def test_keeps_a_detail_inside_its_folder(self):
        self.assertEqual(problems("core/x.cpp", '#include "core/detail/a.hpp"'), [])
        self.assertEqual(problems("core/x.cpp", '#include "io/detail/a.hpp"'),
                         ['"io/detail/a.hpp" is a detail of io'])

    def test_ignores_an_include_in_a_comment(self):
        self.assertEqual(problems("base/x.cpp", '// #include "io/a.hpp"\n/*\n#include "io/a.hpp"\n*/'), [])


class Libraries(unittest.TestCase):
    def test_lets_the_standard_library_in_everywhere(self):
        self.assertEqual(problems("base/x.hpp", "#include <vector>\n#include <cstdint>"), [])

    def test_refuses_a_library_outside_its_folders(self):
        self.assertEqual(problems("core/x.cpp", "#include <json.h>"),
                         ["core may not include <json.h> (json)"])

    def test_refuses_a_library_without_a_row(self):
        self.assertEqual(problems("node/x.cpp", "#include <left_pad.h>"),
                         ["<left_pad.h> is in no row of docs/layers.md"])

    def test_keeps_heavy_headers_in_sources_and_details(self):
        text = "#include <boost/asio.hpp>"
        self.assertEqual(problems("io/linux/x.cpp", text), [])
        self.assertEqual(problems("io/linux/detail/x.hpp", text), [])
        self.assertEqual(problems("io/linux/x.hpp", text),
                         ["<boost/asio.hpp> (Boost) belongs into a .cpp or detail/"])

    def test_lets_only_tests_include_test_libraries(self):
        self.assertEqual(problems("base/x_test.cpp", "#include <gtest/gtest.h>"), [])
        self.assertEqual(problems("base/x.cpp", "#include <gtest/gtest.h>"),
                         ["base may not include <gtest/gtest.h> (GoogleTest)"])

    def test_each_has_a_line_that_says_what_it_is_for(self):
        rules = check_layers.read_rules(TABLES)
        lines = "## Linked\n| library | for |\n| --- | --- |\n| Boost | x |\n| GoogleTest | x |\n"
        self.assertEqual(check_layers.undocumented_libraries(rules, lines),
                         ["docs/dependencies.md: no line for json"])


class Words(unittest.TestCase):
    NOW = "auto t = std::chrono::steady_clock::now();"

    def test_refuses_a_clock_in_a_pure_folder_only(self):
        self.assertEqual(problems("core/x.cpp", self.NOW),
                         ["std::chrono::steady_clock::now: time is an input"])
        self.assertEqual(problems("io/linux/x.cpp", self.NOW), [])

    def test_leaves_tests_of_a_pure_folder_alone(self):
        self.assertEqual(problems("core/x_test.cpp", self.NOW), [])

    def test_ignores_comments_and_strings(self):
        self.assertEqual(problems("core/x.cpp", f'// {self.NOW}\nauto s = "{self.NOW}";'), [])

    def test_sees_headers_as_words(self):
        self.assertEqual(problems("core/x.cpp", "#include <fstream>"), ["<fstream>: files are actions"])


class Namespaces(unittest.TestCase):
    def problem(self, path, text):
        return check_layers.namespace_problem(check_layers.read_rules(TABLES), path, text)

    def test_wants_the_folder_as_namespace(self):
        self.assertIsNone(self.problem("io/linux/x.hpp", "namespace icpd::io::linux {\n}"))
        self.assertIsNone(self.problem("base/x.hpp", "namespace icpd {\n}"))
        self.assertEqual(self.problem("core/x.hpp", "namespace icpd::io {\n}"),
                         "opens icpd::io, its folder's namespace is icpd::core")

    def test_lets_a_file_without_a_namespace_be(self):
        self.assertIsNone(self.problem("node/main.cpp", "int main() {}"))


class Tables(unittest.TestCase):
    def test_refuses_a_row_that_names_an_unknown_folder(self):
        with self.assertRaises(ValueError):
            check_layers.read_rules(TABLES.replace("| core | base, io |", "| core | base, oi |"))


if __name__ == "__main__":
    unittest.main()
