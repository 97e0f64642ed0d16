#include <algorithm>
#include <map>

#include "codec/candid.hpp"

namespace icpd::codec::candid {
namespace {

/// Bytes that count as one value when a run of fixed-size values is skipped at once.
constexpr std::size_t kSkippedBytesAsOne = 64;

/// A value that is sound but doesn't fit becomes null under an opt; all else ends the message.
enum class Severity : std::uint8_t { kFatal, kMisfit };
struct Failure {
  DecodeError error;
  Severity severity = Severity::kFatal;

  Failure(DecodeError e, Severity s = Severity::kFatal) : error(e), severity(s) {}  // NOLINT
};
template <typename T>
using Outcome = Result<T, Failure>;

/// Size of the values of a type that all have the same size and all bit patterns; 0 for others.
constexpr std::size_t fixed_size(Op op) {
  switch (op) {
    case Op::kNat8:
    case Op::kInt8:
      return 1;
    case Op::kNat16:
    case Op::kInt16:
      return 2;
    case Op::kNat32:
    case Op::kInt32:
    case Op::kFloat32:
      return 4;
    case Op::kNat64:
    case Op::kInt64:
    case Op::kFloat64:
      return 8;
    default:
      return 0;
  }
}

class Decoder {
 public:
  Decoder(Cursor& in, const ArgTypes& sent, const ArgTypes& wanted, Limits limits)
      : in_(in), sent_(sent), wanted_(wanted), limits_(limits) {}

  Outcome<std::vector<Value>> arguments() {
    std::vector<Value> values;
    values.reserve(wanted_.arguments.size());
    for (std::size_t i = 0; i < wanted_.arguments.size(); ++i) {
      if (i < sent_.arguments.size()) {
        values.push_back(TRY(value(sent_.arguments[i], wanted_.arguments[i])));
      } else {
        values.push_back(TRY(missing(wanted_.arguments[i])));
      }
    }
    for (std::size_t i = wanted_.arguments.size(); i < sent_.arguments.size(); ++i)
      TRY(skip(sent_.arguments[i]));
    if (!in_.done()) return fatal("bytes behind the Candid values");
    return values;
  }

 private:
  std::unexpected<Failure> fatal(const char* what) const { return Err(Failure(in_.error(what))); }
  std::unexpected<Failure> misfit(const char* what) const {
    return Err(Failure(in_.error(what), Severity::kMisfit));
  }

  /// Counts the depth of the value being read while it lives.
  class Level {
   public:
    explicit Level(std::size_t& depth) : depth_(depth) { ++depth_; }
    ~Level() { --depth_; }
    Level(const Level&) = delete;
    Level& operator=(const Level&) = delete;

   private:
    std::size_t& depth_;
  };

  [[nodiscard]] Status<Failure> check_depth() const {
    if (depth_ > limits_.depth_max) return fatal("Candid value is nested too deeply");
    return {};
  }
  Status<Failure> charge_value() {
    if (++values_ > limits_.values_max) return fatal("too many Candid values");
    return {};
  }
  Status<Failure> charge_skipped(std::uint64_t count) {
    if (count > limits_.skipped_max - skipped_) return fatal("too many skipped Candid values");
    skipped_ += count;
    return {};
  }

  // ------------------------------------------------------------------------------------ pieces

  Outcome<std::uint64_t> count() { return TRY(read_leb128_u64(in_)); }

  Outcome<bool> flag(const char* what) {
    const std::uint8_t byte = TRY(in_.byte());
    if (byte > 1) return fatal(what);
    return byte == 1;
  }

  Outcome<std::string_view> text() {
    const ByteView bytes = TRY(in_.take(TRY(count())));
    if (!is_utf8(bytes)) return fatal("text is not UTF-8");
    return as_text(bytes);
  }

  Outcome<PrincipalBytes> principal() {
    if (!TRY(flag("unknown form of reference"))) return fatal("opaque references can't be read");
    const auto bytes = PrincipalBytes::from(TRY(in_.take(TRY(count()))));
    if (!bytes) return fatal("principal is too long");
    return *bytes;
  }

  Outcome<FuncReference> func() {
    if (!TRY(flag("unknown form of reference"))) return fatal("opaque references can't be read");
    const PrincipalBytes service = TRY(principal());
    return FuncReference{service, TRY(text())};
  }

  Outcome<std::uint32_t> alternative(const Type& variant) {
    const std::uint64_t index = TRY(count());
    if (index >= variant.fields.size()) return fatal("variant index out of range");
    return static_cast<std::uint32_t>(index);
  }

  // ----------------------------------------------------------------------------------- keeping

  Outcome<Value> missing(TypeRef wanted) {
    TRY(charge_value());
    switch (wanted_.op(wanted)) {
      case Op::kNull:
        return Value{Null{}};
      case Op::kOpt:
        return Value{Opt{}};
      case Op::kReserved:
        return Value{Reserved{}};
      default:
        return misfit("a required Candid field or argument is missing");
    }
  }

  Outcome<Value> value(TypeRef sent, TypeRef wanted) {
    const Level level(depth_);
    TRY(check_depth());
    TRY(charge_value());
    const Op want = wanted_.op(wanted);
    if (want == Op::kReserved || want == Op::kFuture) {
      TRY(skip(sent));
      return Value{Reserved{}};
    }
    if (want == Op::kOpt) return optional(sent, wanted_.at(wanted).element);
    const Op have = sent_.op(sent);
    if (have == Op::kEmpty) return fatal("a value of type empty");
    switch (want) {
      case Op::kVec:
        return vector(sent, wanted);
      case Op::kRecord:
        return record(sent, wanted);
      case Op::kVariant:
        return variant(sent, wanted);
      case Op::kFunc:
      case Op::kService:
        return reference(sent, wanted);
      default:
        return primitive(have, want);
    }
  }

  Outcome<Value> primitive(Op have, Op want) {
    if (have == Op::kNat && want == Op::kInt) return Value{Int(TRY(Nat::read(in_)))};
    if (have == Op::kService && want == Op::kPrincipal) have = want;
    if (have != want) return misfit("Candid value has another type");
    switch (want) {
      case Op::kNull:
        return Value{Null{}};
      case Op::kBool:
        return Value{TRY(flag("bool is neither 0 nor 1"))};
      case Op::kNat:
        return Value{TRY(Nat::read(in_))};
      case Op::kInt:
        return Value{TRY(Int::read(in_))};
      case Op::kNat8:
        return Value{TRY(in_.little_endian<std::uint8_t>())};
      case Op::kNat16:
        return Value{TRY(in_.little_endian<std::uint16_t>())};
      case Op::kNat32:
        return Value{TRY(in_.little_endian<std::uint32_t>())};
      case Op::kNat64:
        return Value{TRY(in_.little_endian<std::uint64_t>())};
      case Op::kInt8:
        return Value{TRY(in_.little_endian<std::int8_t>())};
      case Op::kInt16:
        return Value{TRY(in_.little_endian<std::int16_t>())};
      case Op::kInt32:
        return Value{TRY(in_.little_endian<std::int32_t>())};
      case Op::kInt64:
        return Value{TRY(in_.little_endian<std::int64_t>())};
      case Op::kFloat32:
        return Value{TRY(in_.little_endian<float>())};
      case Op::kFloat64:
        return Value{TRY(in_.little_endian<double>())};
      case Op::kText:
        return Value{TRY(text())};
      case Op::kPrincipal:
        return Value{TRY(principal())};
      default:
        unreachable_state("empty, reserved and composites are handled before");
    }
  }

  /// Reads at the content type; what doesn't fit there is skipped and gives null.
  Outcome<Value> attempt(TypeRef sent, TypeRef content) {
    const std::size_t start = in_.offset();
    Outcome<Value> result = value(sent, content);
    if (result.ok()) {
      Opt some;
      some.content.push_back(std::move(result).value());
      return Value{std::move(some)};
    }
    if (result.error().severity == Severity::kFatal) return Err(result.error());
    in_.seek(start);
    TRY(skip(sent));
    return Value{Opt{}};
  }

  Outcome<Value> optional(TypeRef sent, TypeRef content) {
    switch (sent_.op(sent)) {
      case Op::kNull:
      case Op::kReserved:
        return Value{Opt{}};
      case Op::kEmpty:
        return fatal("a value of type empty");
      case Op::kOpt:
        if (!TRY(flag("opt is neither 0 nor 1"))) return Value{Opt{}};
        return attempt(sent_.at(sent).element, content);
      default:
        return attempt(sent, content);
    }
  }

  Outcome<Value> vector(TypeRef sent, TypeRef wanted) {
    if (sent_.op(sent) != Op::kVec) return misfit("Candid value is not a vec");
    const TypeRef sent_element = sent_.at(sent).element;
    const TypeRef wanted_element = wanted_.at(wanted).element;
    const std::uint64_t size = TRY(count());
    if (wanted_.op(wanted_element) == Op::kNat8) {
      if (size == 0) return Value{Blob{}};
      if (sent_.op(sent_element) != Op::kNat8) return misfit("Candid value is not a blob");
      return Value{Blob{TRY(in_.take(size))}};
    }
    Vec vec;
    vec.elements.reserve(std::min<std::uint64_t>(size, in_.remaining()) / 16);
    for (std::uint64_t i = 0; i < size; ++i)
      vec.elements.push_back(TRY(value(sent_element, wanted_element)));
    return Value{std::move(vec)};
  }

  /// Both lists of fields are sorted: they are merged.
  Outcome<Value> record(TypeRef sent, TypeRef wanted) {
    if (sent_.op(sent) != Op::kRecord) return misfit("Candid value is not a record");
    const auto& wanted_fields = wanted_.at(wanted).fields;
    Record record;
    record.fields.reserve(wanted_fields.size());
    auto want = wanted_fields.begin();
    for (const FieldType& field : sent_.at(sent).fields) {
      for (; want != wanted_fields.end() && want->id < field.id; ++want)
        record.fields.push_back(TRY(missing(want->type)));
      if (want != wanted_fields.end() && want->id == field.id) {
        record.fields.push_back(TRY(value(field.type, want->type)));
        ++want;
      } else {
        TRY(skip(field.type));
      }
    }
    for (; want != wanted_fields.end(); ++want)
      record.fields.push_back(TRY(missing(want->type)));
    return Value{std::move(record)};
  }

  Outcome<Value> variant(TypeRef sent, TypeRef wanted) {
    if (sent_.op(sent) != Op::kVariant) return misfit("Candid value is not a variant");
    const Type& type = sent_.at(sent);
    const FieldType& field = type.fields[TRY(alternative(type))];
    const auto& known = wanted_.at(wanted).fields;
    const auto found = std::ranges::lower_bound(known, field.id, {}, &FieldType::id);
    if (found == known.end() || found->id != field.id) return misfit("unknown variant tag");
    Variant variant{field.id, {}};
    variant.content.push_back(TRY(value(field.type, found->type)));
    return Value{std::move(variant)};
  }

  Outcome<Value> reference(TypeRef sent, TypeRef wanted) {
    const Op want = wanted_.op(wanted);
    if (sent_.op(sent) != want) return misfit("Candid value is not such a reference");
    if (!subtype(sent, wanted)) return misfit("reference is of another type");
    if (want == Op::kFunc) return Value{TRY(func())};
    return Value{ServiceReference{TRY(principal())}};
  }

  bool subtype(TypeRef sent, TypeRef wanted) {
    const auto [known, fresh] = subtypes_.try_emplace({sent, wanted}, false);
    if (fresh) known->second = is_subtype(sent_, sent, wanted_, wanted);
    return known->second;
  }

  // ---------------------------------------------------------------------------------- skipping

  Status<Failure> skip(TypeRef type) {
    const Level level(depth_);
    TRY(check_depth());
    TRY(charge_skipped(1));
    const Op op = sent_.op(type);
    if (const std::size_t size = fixed_size(op); size > 0) {
      TRY(in_.take(size));
      return {};
    }
    switch (op) {
      case Op::kNull:
      case Op::kReserved:
        return {};
      case Op::kEmpty:
        return fatal("a value of type empty");
      case Op::kBool:
        TRY(flag("bool is neither 0 nor 1"));
        return {};
      case Op::kNat:
      case Op::kInt:
        (void)TRY(Nat::read(in_));
        return {};
      case Op::kText:
        TRY(text());
        return {};
      case Op::kPrincipal:
      case Op::kService:
        TRY(principal());
        return {};
      case Op::kFunc:
        TRY(func());
        return {};
      case Op::kFuture:
        return skip_future();
      case Op::kOpt:
        if (TRY(flag("opt is neither 0 nor 1"))) TRY(skip(sent_.at(type).element));
        return {};
      case Op::kVec:
        return skip_vector(sent_.at(type).element);
      case Op::kRecord:
        for (const FieldType& field : sent_.at(type).fields)
          TRY(skip(field.type));
        return {};
      default:
        return skip(sent_.at(type).fields[TRY(alternative(sent_.at(type)))].type);
    }
  }

  Status<Failure> skip_vector(TypeRef element) {
    const std::uint64_t size = TRY(count());
    if (const std::size_t each = fixed_size(sent_.op(element)); each > 0) {
      if (size > in_.remaining() / each) return fatal("input ends too early");
      TRY(charge_skipped(size * each / kSkippedBytesAsOne));
      TRY(in_.take(size * each));
      return {};
    }
    for (std::uint64_t i = 0; i < size; ++i)
      TRY(skip(element));
    return {};
  }

  Status<Failure> skip_future() {
    const std::uint64_t bytes = TRY(count());
    const std::uint64_t references = TRY(count());
    if (references != 0) return fatal("opaque references can't be read");
    TRY(in_.take(bytes));
    return {};
  }

  Cursor& in_;
  const ArgTypes& sent_;
  const ArgTypes& wanted_;
  Limits limits_;
  std::size_t depth_ = 0;
  std::size_t values_ = 0;
  std::size_t skipped_ = 0;
  std::map<std::pair<TypeRef, TypeRef>, bool> subtypes_;
};

}  // namespace

Decoded<std::vector<Value>> decode(ByteView message, const ArgTypes& expected, Limits limits) {
  Cursor in(message);
  const ArgTypes sent = TRY(read_header(in));
  auto values = Decoder(in, sent, expected, limits).arguments();
  if (!values.ok()) return Err(values.error().error);
  return std::move(values).value();
}

Decoded<Message> decode_as_sent(ByteView message, Limits limits) {
  Cursor in(message);
  Message result;
  result.types = TRY(read_header(in));
  auto values = Decoder(in, result.types, result.types, limits).arguments();
  if (!values.ok()) return Err(values.error().error);
  result.values = std::move(values).value();
  return result;
}

}  // namespace icpd::codec::candid
