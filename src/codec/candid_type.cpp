#include "codec/candid_type.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <tuple>

#include "codec/leb128.hpp"

namespace icpd::codec::candid {
namespace {

constexpr std::string_view kMagic = "DIDL";

/// Applies f to each reference inside an entry.
template <typename TypeLike, typename F>
void for_each_ref(TypeLike& type, F&& f) {
  if (type.op == Op::kOpt || type.op == Op::kVec) f(type.element);
  for (auto& field : type.fields)
    f(field.type);
  for (auto& argument : type.arguments)
    f(argument);
  for (auto& result : type.results)
    f(result);
  for (auto& method : type.methods)
    f(method.type);
}

// ---------------------------------------------------------------------------------- minimizing

/// Entries are put into classes by all they show, then classes are split as long as members differ
/// in the classes they refer to (Moore's minimization of automata).
std::vector<std::size_t> equivalence_classes(const std::vector<Type>& table) {
  std::vector<std::size_t> classes(table.size(), 0);
  for (std::size_t count = 1;;) {
    std::map<std::pair<std::size_t, Type>, std::size_t> seen;
    std::vector<std::size_t> next(table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
      Type shape = table[i];
      for_each_ref(shape, [&](TypeRef& ref) {
        if (!ref.is_primitive()) ref = TypeRef::entry(classes[static_cast<std::size_t>(ref.value)]);
      });
      next[i] = seen.try_emplace({classes[i], std::move(shape)}, seen.size()).first->second;
    }
    classes = std::move(next);
    if (seen.size() == count) return classes;
    count = seen.size();
  }
}

// ------------------------------------------------------------------------------------- writing

void append_ref(Bytes& out, TypeRef ref) {
  append_sleb128(out, std::int64_t{ref.value});
}

void append_refs(Bytes& out, const std::vector<TypeRef>& refs) {
  append_leb128(out, std::uint64_t{refs.size()});
  for (const TypeRef ref : refs)
    append_ref(out, ref);
}

struct AnnotationCode {
  Annotation bit;
  std::uint8_t code;
};
constexpr AnnotationCode kAnnotationCodes[] = {{kQuery, 1}, {kOneway, 2}, {kCompositeQuery, 3}};

void append_func(Bytes& out, const Type& type) {
  append_refs(out, type.arguments);
  append_refs(out, type.results);
  Bytes codes;
  for (const auto& [bit, code] : kAnnotationCodes)
    if ((type.annotations & bit) != 0) codes.push_back(code);
  append_leb128(out, std::uint64_t{codes.size()});
  append(out, codes);
}

void append_type(Bytes& out, const Type& type) {
  ensure(type.op != Op::kFuture, "a type that was only skipped can't be written");
  append_sleb128(out, std::int64_t{static_cast<std::int8_t>(type.op)});
  switch (type.op) {
    case Op::kOpt:
    case Op::kVec:
      return append_ref(out, type.element);
    case Op::kRecord:
    case Op::kVariant:
      append_leb128(out, std::uint64_t{type.fields.size()});
      for (const FieldType& field : type.fields) {
        append_leb128(out, std::uint64_t{field.id});
        append_ref(out, field.type);
      }
      return;
    case Op::kFunc:
      return append_func(out, type);
    case Op::kService:
      append_leb128(out, std::uint64_t{type.methods.size()});
      for (const MethodType& method : type.methods) {
        append_leb128(out, std::uint64_t{method.name.size()});
        append(out, method.name);
        append_ref(out, method.type);
      }
      return;
    default:
      unreachable_state("a primitive in a type table");
  }
}

// ------------------------------------------------------------------------------------- reading

class HeaderReader {
 public:
  explicit HeaderReader(Cursor& in) : in_(in) {}

  Decoded<ArgTypes> run() {
    if (!equal(TRY(in_.take(kMagic.size())), as_bytes(kMagic)))
      return Err(in_.error("not a Candid message"));
    const std::uint64_t size = TRY(count(1));
    if (size > kTableMax) return Err(in_.error("Candid type table is too long"));
    table_size_ = static_cast<std::size_t>(size);
    ArgTypes types;
    types.table.reserve(std::min<std::size_t>(table_size_, 64));
    for (std::size_t i = 0; i < table_size_; ++i)
      types.table.push_back(TRY(read_type()));
    for (const Type& type : types.table)
      for (const MethodType& method : type.methods)
        if (types.op(method.type) != Op::kFunc) return Err(in_.error("method is not a function"));
    types.arguments = TRY(read_refs());
    return types;
  }

 private:
  /// A count of things that take at least `bytes_each` bytes, checked against what is left.
  Decoded<std::uint64_t> count(std::size_t bytes_each) {
    const std::uint64_t value = TRY(read_leb128_u64(in_));
    if (value > in_.remaining() / bytes_each) return Err(in_.error("input ends too early"));
    return value;
  }

  Decoded<TypeRef> read_ref() {
    const std::int64_t value = TRY(read_sleb128_i64(in_));
    if (value >= 0) {
      if (static_cast<std::uint64_t>(value) >= table_size_)
        return Err(in_.error("Candid type out of range"));
      return TypeRef::entry(static_cast<std::size_t>(value));
    }
    const bool primitive = value >= static_cast<std::int64_t>(Op::kEmpty) ||
                           value == static_cast<std::int64_t>(Op::kPrincipal);
    if (!primitive) return Err(in_.error("not a primitive Candid type"));
    return TypeRef(static_cast<Op>(value));
  }

  Decoded<std::vector<TypeRef>> read_refs() {
    const std::uint64_t size = TRY(count(1));
    std::vector<TypeRef> refs;
    refs.reserve(size);
    for (std::uint64_t i = 0; i < size; ++i)
      refs.push_back(TRY(read_ref()));
    return refs;
  }

  Decoded<Type> read_type() {
    const std::int64_t opcode = TRY(read_sleb128_i64(in_));
    Type type;
    if (opcode < static_cast<std::int64_t>(Op::kPrincipal)) {
      type.op = Op::kFuture;
      TRY(in_.take(TRY(read_leb128_u64(in_))));
      return type;
    }
    if (opcode > static_cast<std::int64_t>(Op::kOpt) ||
        opcode < static_cast<std::int64_t>(Op::kService))
      return Err(in_.error("Candid type table holds a primitive"));
    type.op = static_cast<Op>(opcode);
    switch (type.op) {
      case Op::kOpt:
      case Op::kVec:
        type.element = TRY(read_ref());
        break;
      case Op::kFunc:
        TRY(read_func(type));
        break;
      case Op::kService:
        TRY(read_methods(type));
        break;
      default:
        TRY(read_fields(type));
    }
    return type;
  }

  Status<DecodeError> read_fields(Type& type) {
    const std::uint64_t size = TRY(count(2));
    type.fields.reserve(size);
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint32_t id = TRY(read_leb128_u32(in_));
      if (i > 0 && id <= type.fields.back().id)
        return Err(in_.error("Candid fields are not in increasing order"));
      type.fields.push_back({id, TRY(read_ref())});
    }
    return {};
  }

  Status<DecodeError> read_func(Type& type) {
    type.arguments = TRY(read_refs());
    type.results = TRY(read_refs());
    const std::uint64_t size = TRY(count(1));
    if (size > std::size(kAnnotationCodes)) return Err(in_.error("too many annotations"));
    for (std::uint64_t i = 0; i < size; ++i) {
      const std::uint8_t code = TRY(in_.byte());
      const auto* row = std::ranges::find(kAnnotationCodes, code, &AnnotationCode::code);
      if (row == std::end(kAnnotationCodes)) return Err(in_.error("unknown annotation"));
      type.annotations |= row->bit;
    }
    return {};
  }

  Status<DecodeError> read_methods(Type& type) {
    const std::uint64_t size = TRY(count(2));
    for (std::uint64_t i = 0; i < size; ++i) {
      const ByteView name = TRY(in_.take(TRY(read_leb128_u64(in_))));
      if (!is_utf8(name)) return Err(in_.error("text is not UTF-8"));
      if (i > 0 && compare(name, as_bytes(type.methods.back().name)) <= 0)
        return Err(in_.error("Candid methods are not in increasing order"));
      type.methods.push_back({std::string(as_text(name)), TRY(read_ref())});
    }
    return {};
  }

  Cursor& in_;
  std::size_t table_size_ = 0;
};

// ----------------------------------------------------------------------------------- subtyping

/// All rules but those for `opt` are conjunctions, and everything is a subtype of an `opt`. So a
/// question is a list of pairs that must all hold, and a pair met again may be assumed (the
/// relation is coinductive).
class SubtypeQuestion {
 public:
  SubtypeQuestion(const ArgTypes& sub, const ArgTypes& super) : sides_{&sub, &super} {}

  bool holds(TypeRef sub, TypeRef super) {
    require({0, sub}, {1, super});
    while (!open_.empty()) {
      const auto [a, b] = open_.back();
      open_.pop_back();
      if (seen_.size() > kSubtypePairsMax || !step(a, b)) return false;
    }
    return true;
  }

 private:
  /// A type and which of the two tables it is from: contravariance swaps them.
  struct Side {
    std::uint8_t table;
    TypeRef ref;
    friend auto operator<=>(const Side&, const Side&) = default;
  };

  [[nodiscard]] const ArgTypes& types(Side side) const { return *sides_[side.table]; }
  [[nodiscard]] Op op(Side side) const { return types(side).op(side.ref); }
  [[nodiscard]] const Type& at(Side side) const { return types(side).at(side.ref); }

  void require(Side sub, Side super) {
    if (seen_.insert({sub, super}).second) open_.emplace_back(sub, super);
  }

  bool step(Side a, Side b) {
    const Op sub = op(a);
    const Op super = op(b);
    if (super == Op::kOpt || super == Op::kReserved || sub == Op::kEmpty) return true;
    if (sub == Op::kNat && super == Op::kInt) return true;
    if (sub == Op::kService && super == Op::kPrincipal) return true;
    if (sub != super || sub == Op::kFuture) return false;
    switch (sub) {
      case Op::kVec:
        require({a.table, at(a).element}, {b.table, at(b).element});
        return true;
      case Op::kRecord:
        return record(a, b);
      case Op::kVariant:
        return variant(a, b);
      case Op::kFunc:
        return at(a).annotations == at(b).annotations &&
               tuple(b.table, at(b).arguments, a.table, at(a).arguments) &&
               tuple(a.table, at(a).results, b.table, at(b).results);
      case Op::kService:
        return service(a, b);
      default:
        return true;  // equal primitives
    }
  }

  static const FieldType* find(const Type& type, std::uint32_t id) {
    const auto found = std::ranges::lower_bound(type.fields, id, {}, &FieldType::id);
    return found != type.fields.end() && found->id == id ? &*found : nullptr;
  }

  bool record(Side a, Side b) {
    for (const FieldType& wanted : at(b).fields) {
      if (const FieldType* given = find(at(a), wanted.id)) {
        require({a.table, given->type}, {b.table, wanted.type});
      } else if (!types(b).nullable(wanted.type)) {
        return false;
      }
    }
    return true;
  }

  bool variant(Side a, Side b) {
    for (const FieldType& given : at(a).fields) {
      const FieldType* known = find(at(b), given.id);
      if (known == nullptr) return false;
      require({a.table, given.type}, {b.table, known->type});
    }
    return true;
  }

  bool tuple(std::uint8_t sub_table, const std::vector<TypeRef>& sub, std::uint8_t super_table,
             const std::vector<TypeRef>& super) {
    for (std::size_t i = 0; i < super.size(); ++i) {
      if (i < sub.size()) {
        require({sub_table, sub[i]}, {super_table, super[i]});
      } else if (!sides_[super_table]->nullable(super[i])) {
        return false;
      }
    }
    return true;
  }

  bool service(Side a, Side b) {
    const auto& given = at(a).methods;
    for (const MethodType& wanted : at(b).methods) {
      const auto found = std::ranges::lower_bound(given, wanted.name, {}, &MethodType::name);
      if (found == given.end() || found->name != wanted.name) return false;
      require({a.table, found->type}, {b.table, wanted.type});
    }
    return true;
  }

  const ArgTypes* sides_[2];
  std::set<std::pair<Side, Side>> seen_;
  std::vector<std::pair<Side, Side>> open_;
};

}  // namespace

ArgTypes minimized(const ArgTypes& types) {
  const std::vector<std::size_t> classes = equivalence_classes(types.table);
  std::map<std::size_t, std::size_t> numbers;  // class -> entry of the result
  std::vector<std::size_t> sources;            // entry of the result -> entry of `types`
  const auto renamed = [&](TypeRef ref) {
    if (ref.is_primitive()) return ref;
    const auto source = static_cast<std::size_t>(ref.value);
    const auto [at, fresh] = numbers.try_emplace(classes[source], numbers.size());
    if (fresh) sources.push_back(source);
    return TypeRef::entry(at->second);
  };
  ArgTypes result;
  for (const TypeRef argument : types.arguments)
    result.arguments.push_back(renamed(argument));
  for (std::size_t i = 0; i < sources.size(); ++i) {
    Type type = types.table[sources[i]];
    for_each_ref(type, [&](TypeRef& ref) { ref = renamed(ref); });
    result.table.push_back(std::move(type));
  }
  return result;
}

void append_header(Bytes& out, const ArgTypes& types) {
  append(out, kMagic);
  append_leb128(out, std::uint64_t{types.table.size()});
  for (const Type& type : types.table)
    append_type(out, type);
  append_refs(out, types.arguments);
}

Decoded<ArgTypes> read_header(Cursor& in) {
  return HeaderReader(in).run();
}

bool is_subtype(const ArgTypes& sub_types, TypeRef sub, const ArgTypes& super_types,
                TypeRef super) {
  return SubtypeQuestion(sub_types, super_types).holds(sub, super);
}

}  // namespace icpd::codec::candid
