"""Tests of tools/check_style."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

TOOL = pathlib.Path(__file__).parent.parent / "check_style"
loader = importlib.machinery.SourceFileLoader("check_style", str(TOOL))
check_style = importlib.util.module_from_spec(importlib.util.spec_from_loader("check_style", loader))
loader.exec_module(check_style)

HEADER = "// What it is.\n#pragma once\n"


def problems(path, text):
    return [line.split(": ", 1)[1] for line in check_style.check_file(path, text)]


class Lines(unittest.TestCase):
    def test_each_rule_finds_its_line(self):
        for path, line in [
                ("src/a.cpp", "// TODO later"),
                ("src/a.cpp", "int x;  // FIXME"),
                ("src/a.cpp", "// The map is no longer sorted."),
                ("src/a.cpp", "// Not implemented."),
                ("src/a.cpp", "// An elegant trick."),
                ("src/a.cpp", "  // return x + 1;"),
                ("src/a.cpp", "  // foo.bar(1);"),
                ("docs/a.md", "see /home/me/main"),
                ("src/a_test.cpp", "  GTEST_SKIP();"),
                ("tests/e2e/a.mjs", "it.skip('x', f)"),
                ("src/a_test.cpp", "  std::this_thread::sleep_for(ms);"),
                ("src/a.cpp", "  } catch (...) {"),
                ("src/a.cpp", "  assert(x);"),
                ("src/a.cpp", "using namespace std;"),
                ("src/a.cpp", "int x; "),
        ]:
            with self.subTest(line=line):
                self.assertEqual(len(problems(path, line + "\n")), 1)

    def test_lets_be_what_only_looks_alike(self):
        for path, line in [
                ("src/a.cpp", "// TODO(#12): the second curve"),
                ("src/a.cpp", "auto now = previously_seen;"),
                ("src/a.cpp", "// Cleared when no longer needed."),
                ("src/a.cpp", "// Returns x; never throws."),
                ("src/a.cpp", "// see foo(x)"),
                ("src/a.cpp", "} catch (...) {  // a callback may not throw through foreign frames"),
                ("src/a.cpp", "static_assert(x);"),
        ]:
            with self.subTest(line=line):
                self.assertEqual(problems(path, line + "\n"), [])


class Sizes(unittest.TestCase):
    def test_limits_lines_of_a_file(self):
        self.assertEqual(problems("src/a.cpp", "int x;\n" * 800), [])
        self.assertEqual(problems("src/a.cpp", "int x;\n" * 801),
                         ["801 lines, more than 800: two subjects?"])

    def test_limits_lines_of_a_function(self):
        def function(body_lines):
            return "void f() {\n" + "  g();\n" * body_lines + "}\n"
        self.assertEqual(problems("src/a.cpp", function(68)), [])
        self.assertEqual(problems("src/a.cpp", function(69)), ["a function of 71 lines, more than 70"])
        self.assertEqual(problems("src/a_test.cpp", function(69)), [])

    def test_takes_a_table_for_no_function(self):
        self.assertEqual(problems("src/a.cpp", "constexpr T kT[] = {\n" + "  {1},\n" * 100 + "};\n"), [])
        self.assertEqual(
            problems("src/a.cpp", "constexpr auto kT = to_array<T>({\n" + "  {1},\n" * 100 + "});\n"), [])

    def test_sees_signatures_over_several_lines_and_skips_classes(self):
        body = "  g();\n" * 80 + "}\n"
        self.assertEqual(problems("src/a.cpp", "void f(int a,\n       int b) {\n" + body),
                         ["a function of 82 lines, more than 70"])
        self.assertEqual(problems("src/a.cpp", "C::C(int a)\n    : a_{a} {\n" + body),
                         ["a function of 82 lines, more than 70"])
        self.assertEqual(problems("src/a.cpp", "namespace {\nclass C {\n  void f() {\n" + body), [])
        self.assertEqual(problems("src/a.cpp", "constexpr L kL{\n    .a = 8};\n" + "int x;\n" * 90), [])

    def test_takes_an_example_in_a_comment_for_no_function(self):
        self.assertEqual(problems("src/a.cpp", "// struct A {\n" + "int x;\n" * 100 + "}\n"), [])


class Headers(unittest.TestCase):
    def test_begin_with_what_they_are(self):
        self.assertEqual(problems("src/base/a.hpp", HEADER), [])
        self.assertEqual(problems("src/base/a.hpp", "#pragma once\nint a;\nint b;\nint c;\nint d;\nint e;\n"),
                         ["a header begins with what it is and why"])

    def test_are_included_once(self):
        self.assertEqual(problems("src/base/a.hpp", "// What it is.\n"), ["no #pragma once"])


class Names(unittest.TestCase):
    def test_say_something(self):
        self.assertEqual(problems("src/base/string_utils.cpp", ""), ["'utils' names nothing"])
        self.assertEqual(problems("src/base/commons.cpp", ""), [])


if __name__ == "__main__":
    unittest.main()
