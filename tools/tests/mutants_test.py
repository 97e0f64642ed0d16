"""Tests of tools/mutants: what a description has to be."""
import importlib.machinery
import importlib.util
import pathlib
import unittest

TOOL = pathlib.Path(__file__).parent.parent / "mutants"
loader = importlib.machinery.SourceFileLoader("mutants", str(TOOL))
mutants = importlib.util.module_from_spec(importlib.util.spec_from_loader("mutants", loader))
loader.exec_module(mutants)

HEAD = "file: src/a.cpp\nbroken: It\n  fails.\nseen: By a check.\n"
PIECES = "--- original\n  one();\n--- mutant\n  two();\n"
SOURCE = "void f() {\n  one();\n}\n"


def source(description, text=SOURCE):
    return mutants.broken_source("x.mutant", description, {"src/a.cpp": text}.__getitem__)


class Descriptions(unittest.TestCase):
    def test_the_piece_is_replaced_and_lines_keep_their_file(self):
        self.assertEqual(source(HEAD + PIECES),
                         '#line 1 "src/a.cpp"\nvoid f() {\n  two();\n}\n')

    def test_a_piece_may_be_left_out(self):
        self.assertIn("void f() {\n}\n", source(HEAD + "--- original\n  one();\n--- mutant\n"))

    def test_fields_may_go_over_lines(self):
        fields, _, _ = mutants.parse("x.mutant", HEAD + "stuck: yes\n" + PIECES)
        self.assertEqual(fields["broken"], "It fails.")
        self.assertEqual(fields["stuck"], "yes")

    def test_a_rule_names_its_tests(self):
        rule = HEAD.replace("seen: By a check.", "test: a_test A.b_*:C.d") + PIECES
        fields, _, _ = mutants.parse("x.mutant", rule)
        self.assertEqual(fields["test"], "a_test A.b_*:C.d")

    def test_what_cannot_be_used_is_refused_by_name(self):
        for description, text in [
                (HEAD + PIECES, "void f() {}\n"),
                (HEAD + PIECES, SOURCE + SOURCE),
                (HEAD + "--- original\n  one();\n--- mutant\n  one();\n", SOURCE),
                (HEAD + "--- original\n\n--- mutant\n  two();\n", SOURCE),
                (HEAD + "--- original\n  one();\n", SOURCE),
                (HEAD + PIECES + PIECES, SOURCE),
                (HEAD + "speed: 3\n" + PIECES, SOURCE),
                (HEAD + "seen: twice\n" + PIECES, SOURCE),
                (HEAD + "stuck: no\n" + PIECES, SOURCE),
                (HEAD + "words\n" + PIECES, SOURCE),
                (HEAD + "test: a_test\n" + PIECES, SOURCE),
                (HEAD + "test: a A.b\n" + PIECES, SOURCE),
                (HEAD.replace("broken: It\n  fails.\n", "") + PIECES, SOURCE),
        ]:
            with self.subTest(description=description, text=text):
                with self.assertRaisesRegex(mutants.Refused, "^x.mutant: "):
                    source(description, text)


class Tree(unittest.TestCase):
    def test_every_rule_of_the_tree_can_be_broken(self):
        files = sorted(mutants.RULES.glob("*.mutant"))
        self.assertTrue(files)
        for path in files:
            with self.subTest(mutant=path.name):
                mutants.broken_source(path.name, path.read_text(),
                                      lambda file: (mutants.ROOT / file).read_text())
                self.assertIn("test", mutants.parse(path.name, path.read_text())[0])


if __name__ == "__main__":
    unittest.main()
