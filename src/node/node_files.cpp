#include "node/node_files.hpp"

#include "codec/record.hpp"
#include "replica/artifact_log.hpp"

namespace icpd::node {

namespace {

enum class FileKind : std::uint8_t { kRegistry = 1, kKeys = 2 };

constexpr std::string_view kMagic = "ICPD";
constexpr std::uint8_t kFormat = 2;
constexpr std::size_t kHeadSize = 6;  // magic, format, kind
constexpr std::size_t kDigestSize = crypto::Digest::kSize;
constexpr std::uint64_t kFileSizeMax = 64 * kMiB;

struct StoredShare {
  std::uint32_t index = 0;
  std::array<std::uint8_t, 32> scalar{};
  static constexpr auto kFields = std::tuple(&StoredShare::index, &StoredShare::scalar);
};
struct StoredKeys {
  std::array<std::uint8_t, 32> signing_seed{};
  std::array<std::uint8_t, 32> link_seed{};
  StoredShare low;
  StoredShare high;
  static constexpr auto kFields = std::tuple(&StoredKeys::signing_seed, &StoredKeys::link_seed,
                                             &StoredKeys::low, &StoredKeys::high);
};

template <typename T>
Status<> save(io::Disk& disk, const std::string& path, FileKind kind, const T& value) {
  Bytes file = to_bytes(kMagic);
  file.push_back(kFormat);
  file.push_back(static_cast<std::uint8_t>(kind));
  append(file, codec::to_record(value));
  append(file, crypto::sha256(file));
  return io::replace_file(disk, path, file);
}

template <typename T>
Result<T> load(io::Disk& disk, const std::string& path, FileKind kind) {
  const Slice file(TRY(io::read_file(disk, path, kFileSizeMax)));
  if (file.size() < kHeadSize + kDigestSize) return Err(path + ": too short");
  const ByteView covered = file.view().first(file.size() - kDigestSize);
  if (!equal(file.view().last(kDigestSize), crypto::sha256(covered)))
    return Err(path + ": damaged (its checksum doesn't match)");
  if (as_text(file.view().first(kMagic.size())) != kMagic)
    return Err(path + ": not a file of icpd");
  if (file.view()[4] != kFormat)
    return Err(path + ": format " + std::to_string(file.view()[4]) + ", this icpd reads " +
               std::to_string(kFormat));
  if (file.view()[5] != static_cast<std::uint8_t>(kind))
    return Err(path + ": holds something else");
  auto value = codec::from_record<T>(file.part(covered.subspan(kHeadSize)));
  if (!value.ok()) return Err(value.error().within(path));
  return std::move(value).value();
}

std::array<std::uint8_t, 32> secret_of(ByteView view) {
  ensure(view.size() == 32);
  std::array<std::uint8_t, 32> copy;
  std::copy(view.begin(), view.end(), copy.begin());
  return copy;
}

StoredShare stored(const crypto::ThresholdShare& share) {
  return {share.index().value, secret_of(share.key().scalar().view())};
}

Result<crypto::ThresholdShare> share_of(const StoredShare& stored) {
  auto key = crypto::BlsSecretKey::from_scalar(crypto::BlsSecretKey::Scalar(stored.scalar));
  if (!key.ok()) return Err(key.error().within("threshold share"));
  return crypto::ThresholdShare(crypto::MemberIndex(stored.index), std::move(key).value());
}

}  // namespace

Status<> save_registry(io::Disk& disk, const registry::Snapshot& snapshot) {
  return save(disk, kRegistryFile, FileKind::kRegistry, snapshot);
}

Result<registry::Snapshot> load_registry(io::Disk& disk) {
  auto snapshot = TRY(load<registry::Snapshot>(disk, kRegistryFile, FileKind::kRegistry));
  const auto checked = registry::check(snapshot);
  if (!checked.ok()) return Err(checked.error().within(kRegistryFile));
  return snapshot;
}

Status<> save_keys(io::Disk& disk, const NodeKeys& keys) {
  StoredKeys plain{secret_of(keys.signing.seed().view()), secret_of(keys.link.seed().view()),
                   stored(keys.low), stored(keys.high)};
  // The log first: keys never lie anywhere without the watermark that belongs to them.
  const auto log = crypto::hash_in_domain("icpd-log-id", {keys.signing.public_key().view()});
  TRY(replica::ArtifactLog::create(disk, *replica::LogId::from(log)));
  return save(disk, kKeysFile, FileKind::kKeys, plain);
}

Result<NodeKeys> load_keys(io::Disk& disk) {
  const auto plain = TRY(load<StoredKeys>(disk, kKeysFile, FileKind::kKeys));
  using crypto::Ed25519SecretKey;
  return NodeKeys{Ed25519SecretKey(Ed25519SecretKey::Seed(plain.signing_seed)),
                  Ed25519SecretKey(Ed25519SecretKey::Seed(plain.link_seed)),
                  TRY(share_of(plain.low)), TRY(share_of(plain.high))};
}

}  // namespace icpd::node
