#include "certification/hash_tree.hpp"

#include <gtest/gtest.h>

#include "base/prng.hpp"
#include "certification/test_subnet.hpp"
#include "certification/witness.hpp"

namespace icpd::certification {
namespace {

using Kind = Lookup::Kind;

// Interface specification, "Certification", section "Example".
constexpr std::string_view kFullTree =
    "8301830183024161830183018302417882034568656c6c6f810083024179820345776f726c6483024162820344676f"
    "6f"
    "648301830241638100830241648203476d6f726e696e67";
constexpr std::string_view kPrunedTree =
    "83018301830241618301820458201b4feff9bef8131788b0c9dc6dbad6e81e524249c879e9f10f71ce3749f5a63883"
    "0241"
    "79820345776f726c6483024162820458207b32ac0c6ba8ce35ac82c255fc7906f7fc130dab2a090f80fe12f9c2cae8"
    "3ba6"
    "830182045820ec8324b8a1f1ac16bd2e806edba78006479c9877fed4eb464a25485465af601d830241648203476d6f"
    "726e"
    "696e67";
constexpr std::string_view kRoot =
    "eb5c5b2195e62d996b84c9bcc8259d19a83786a2f59e0878cec84c811f669aa0";

HashTree tree_of(std::string_view hex) {
  return HashTree::decode(Slice(*from_hex(hex))).value();
}
ByteView b(std::string_view text) {
  return as_bytes(text);
}

TEST(HashTree, digests_are_those_of_the_specification) {
  EXPECT_EQ(tree_of(kFullTree).digest().hex(), kRoot);
  EXPECT_EQ(tree_of(kPrunedTree).digest().hex(), kRoot);
  EXPECT_EQ(HashTree().digest().hex(),
            "4e3ed35c4e2d1ee89996483fb6260a64cffb6c47dbab216e7930e82f8190d120");
}

TEST(HashTree, encoding_gives_the_bytes_that_were_decoded) {
  EXPECT_EQ(to_hex(tree_of(kFullTree).encode()), kFullTree);
  EXPECT_EQ(to_hex(tree_of(kPrunedTree).encode()), kPrunedTree);
}

TEST(HashTree, pruning_gives_the_tree_of_the_specification) {
  PathSet paths;
  paths.add({b("a"), b("y")});
  paths.add({b("ax")});
  paths.add({b("d")});
  EXPECT_EQ(to_hex(prune(tree_of(kFullTree), paths).encode()), kPrunedTree);
}

TEST(HashTree, lookups_answer_as_the_specification_says) {
  const HashTree tree = tree_of(kPrunedTree);
  EXPECT_EQ(tree.lookup({b("a"), b("a")}).kind, Kind::kUnknown);
  EXPECT_EQ(as_text(tree.lookup({b("a"), b("y")}).value), "world");
  EXPECT_EQ(tree.lookup({b("aa")}).kind, Kind::kAbsent);
  EXPECT_EQ(tree.lookup({b("ax")}).kind, Kind::kAbsent);
  EXPECT_EQ(tree.lookup({b("b")}).kind, Kind::kUnknown);
  EXPECT_EQ(tree.lookup({b("bb")}).kind, Kind::kUnknown);
  EXPECT_EQ(as_text(tree.lookup({b("d")}).value), "morning");
  EXPECT_EQ(tree.lookup({b("e")}).kind, Kind::kAbsent);
  EXPECT_EQ(tree.lookup({b("a")}).kind, Kind::kError);
  EXPECT_EQ(tree.lookup({}).kind, Kind::kError);
  const HashTree full = tree_of(kFullTree);
  EXPECT_EQ(full.lookup({b("c")}).kind, Kind::kAbsent);
  EXPECT_EQ(full.lookup({b("d"), b("x")}).kind, Kind::kAbsent);
  EXPECT_EQ(HashTree().lookup({b("a")}).kind, Kind::kAbsent);
}

// Shape of a level, from an independent implementation of the published rule: n children, label i =
// value i = byte 'a' + i.
TEST(HashTree, a_level_has_the_published_shape) {
  const std::pair<std::size_t, const char*> rows[] = {
      {0, "4e3ed35c4e2d1ee89996483fb6260a64cffb6c47dbab216e7930e82f8190d120"},
      {1, "559d7d7ff266b784cb1b6c53ddd86f05704923d5e4f336458eaa7427d07b2c90"},
      {2, "1b30ec9393767affd2126b1601368bab5d4610243071313dfe15d61002a3a34d"},
      {3, "6ef4a659391bdc205019b4141ec99c1c6a732c091fcbfd1d51ad010ff0a8c7fb"},
      {5, "61485777515d3eedf1146f967762298ed98c78981c9866225c70fe9ca9da4092"},
      {6, "0dbca71d913205aa6e61c649f6bbcb50340444228ed43206b4b0caf53cb73374"},
      {7, "fa998e22459a1b382e676dbaba4b0c3aae66183648fe939be6911656aab6c12c"}};
  for (const auto& [count, digest] : rows) {
    std::vector<HashTree> children;
    for (std::size_t i = 0; i < count; ++i) {
      const std::string name(1, static_cast<char>('a' + i));
      children.push_back(entry(name, b(name)));
    }
    EXPECT_EQ(HashTree::level(std::move(children)).digest().hex(), digest) << count;
  }
}

TEST(HashTree, the_time_alone_has_the_published_digest) {
  EXPECT_EQ(HashTree::level({time_entry(Time{1685570400000000000})}).digest().hex(),
            "19dceb8a05987f721e6c56c4f15d9e8f6e2dcd5d8b6db5bfcafe5440190739a4");
}

TEST(HashTree, decoding_refuses_other_forms) {
  for (const char* text : {
           "80",                                    // no number
           "8105",                                  // unknown number
           "820001",                                // superfluous element
           "8302416181",                            // cut short
           "82044101",                              // digest of one byte
           "8203616f",                              // text as value
           "8201820041",                            // fork of one
           "830183024162820341008302416182034100",  // labels decrease
           "830183024161820341008302416182034100",  // labels repeat
           "8301820341008302416182034100",          // value beside a label
       }) {
    EXPECT_FALSE(HashTree::decode(Slice(*from_hex(text))).ok()) << text;
  }
}

TEST(HashTree, decoding_bounds_the_depth) {
  const auto nested = [](std::size_t depth) {
    Bytes bytes;
    for (std::size_t i = 1; i < depth; ++i)
      append(bytes, Bytes{0x83, 0x02, 0x41, 0x61});
    append(bytes, Bytes{0x81, 0x00});
    return Slice(std::move(bytes));
  };
  EXPECT_TRUE(HashTree::decode(nested(kTreeDepthMax)).ok());
  EXPECT_FALSE(HashTree::decode(nested(kTreeDepthMax + 1)).ok());
  EXPECT_FALSE(HashTree::decode(nested(100'000)).ok());
}

TEST(HashTree, values_share_the_input) {
  const Slice source(*from_hex(kFullTree));
  const Slice value = HashTree::decode(source)->lookup({b("d")}).value;
  EXPECT_GE(value.data(), source.data());
  EXPECT_LT(value.data(), source.data() + source.size());
}

TEST(HashTree, all_values_are_those_that_are_shown) {
  std::vector<std::string> found;
  for (const Slice& value : tree_of(kPrunedTree).all_values())
    found.emplace_back(as_text(value));
  EXPECT_EQ(found, (std::vector<std::string>{"world", "morning"}));
}

TEST(HashTree, find_gives_subtrees_but_not_pruned_ones) {
  const HashTree tree = tree_of(kPrunedTree);
  EXPECT_TRUE(tree.find({b("a")}).has_value());
  EXPECT_FALSE(tree.find({b("b")}).has_value());
  EXPECT_FALSE(tree.find({b("x")}).has_value());
}

// ------------------------------------------------------------------------------------ witnesses

/// A random state: labels of one or two letters.
HashTree random_tree(Prng& prng, unsigned depth) {
  if (depth == 0 || prng.chance(1, 6)) return HashTree::leaf(Slice(prng.bytes(prng.below(4))));
  std::map<std::string, HashTree> children;
  for (std::uint64_t n = prng.below(6); n > 0; --n) {
    std::string label(prng.between(1, 2), 'a');
    for (char& c : label)
      c = static_cast<char>('a' + prng.below(4));
    children.emplace(label, random_tree(prng, depth - 1));
  }
  std::vector<HashTree> labeled;
  for (auto& [label, child] : children)
    labeled.push_back(HashTree::labeled(slice_of(label), std::move(child)));
  return HashTree::level(std::move(labeled));
}

std::vector<Bytes> random_path(Prng& prng) {
  std::vector<Bytes> path(prng.between(1, 3));
  for (Bytes& label : path) {
    label.resize(prng.between(1, 2));
    for (std::uint8_t& c : label)
      c = static_cast<std::uint8_t>('a' + prng.below(4));
  }
  return path;
}

TEST(Witness, keeps_the_digest_and_answers_every_requested_path_as_the_whole_tree_does) {
  for (std::uint64_t seed = 0; seed < 2'000; ++seed) {
    SCOPED_TRACE(seed);
    Prng prng(seed);
    const HashTree tree = random_tree(prng, 3);
    PathSet set;
    std::vector<std::vector<Bytes>> paths;
    for (std::uint64_t n = prng.below(4); n > 0; --n)
      paths.push_back(random_path(prng));
    const auto views = [](const std::vector<Bytes>& path) {
      return std::vector<ByteView>(path.begin(), path.end());
    };
    for (const auto& path : paths)
      set.add(Path(views(path)));
    const HashTree witness = prune(tree, set);
    EXPECT_EQ(witness.digest(), tree.digest());
    EXPECT_TRUE(witness.is_well_formed());
    for (const auto& path : paths) {
      const auto view = views(path);
      const Lookup expected = tree.lookup(Path(view));
      const Lookup shown = witness.lookup(Path(view));
      // A path that goes on below a value shows that only by the value's label.
      if (expected.kind == Kind::kAbsent && shown.kind == Kind::kUnknown) {
        bool below_value = false;
        for (std::size_t size = 0; size < view.size(); ++size)
          below_value = below_value || tree.lookup(Path(view).first(size)).found();
        EXPECT_TRUE(below_value);
        continue;
      }
      EXPECT_EQ(shown.kind, expected.kind);
      EXPECT_EQ(shown.value, expected.value);
    }
    EXPECT_EQ(prune(witness, set), witness);
    EXPECT_EQ(HashTree::decode(Slice(witness.encode())).value(), witness);
  }
}

TEST(Witness, of_nothing_is_one_digest) {
  const HashTree tree = tree_of(kFullTree);
  EXPECT_EQ(prune(tree, {}), HashTree::pruned(tree.digest()));
}

TEST(Witness, of_the_empty_path_is_everything) {
  PathSet all;
  all.add({b("a"), b("x")});
  all.add({});
  EXPECT_TRUE(all.is_whole());
  EXPECT_EQ(prune(tree_of(kFullTree), all), tree_of(kFullTree));
}

TEST(Witness, shows_one_neighbour_at_the_ends_and_none_in_an_empty_level) {
  const HashTree tree =
      HashTree::level({entry("b", b("1")), entry("d", b("2")), entry("f", b("3"))});
  const auto shown = [&](std::string_view label) {
    PathSet set;
    set.add({b(label)});
    return to_hex(prune(tree, set).encode());
  };
  const auto count = [](const std::string& text, std::string_view what) {
    return text.find(what) != std::string::npos;
  };
  EXPECT_TRUE(count(shown("a"), "83024162"));
  EXPECT_FALSE(count(shown("a"), "83024164"));
  EXPECT_TRUE(count(shown("c"), "83024162") && count(shown("c"), "83024164"));
  EXPECT_TRUE(count(shown("g"), "83024166"));
  EXPECT_FALSE(count(shown("g"), "83024164"));
  PathSet any;
  any.add({b("a")});
  EXPECT_EQ(prune(HashTree(), any), HashTree());
}

}  // namespace
}  // namespace icpd::certification
