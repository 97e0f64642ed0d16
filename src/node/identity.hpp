// Who signs a request, and where a user's identities are kept.
//
// A store is a directory, ~/.config/icpd unless XDG_CONFIG_HOME or ICPD_HOME say otherwise:
//
//   identity/NAME.pem   a secret key that only its user may read (crypto/pem.hpp)
//   identity/selected   the name that commands use
//
// The first use makes an identity named "default"; several first uses at once make one. The name
// "anonymous" is the anonymous sender, which has no file.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "certification/envelope.hpp"
#include "crypto/pem.hpp"
#include "io/entropy.hpp"
#include "types/ids.hpp"

namespace icpd::node {

class Identity {
 public:
  /// The anonymous sender, who signs nothing.
  Identity() = default;
  explicit Identity(crypto::UserSecretKey key);

  [[nodiscard]] types::Principal principal() const;
  /// Nothing for the anonymous sender.
  [[nodiscard]] std::optional<certification::EnvelopeSignature> sign(
      const types::RequestId& request) const;

 private:
  struct Key {
    crypto::UserSecretKey secret;
    Slice public_der;
  };
  std::optional<Key> key_;
};

enum class KeyKind : std::uint8_t { kEd25519, kSecp256k1 };
[[nodiscard]] crypto::UserSecretKey new_secret_key(KeyKind kind, io::Entropy& entropy);

inline constexpr const char* kDefaultIdentity = "default";
inline constexpr const char* kAnonymousIdentity = "anonymous";

class IdentityStore {
 public:
  IdentityStore(std::string directory, io::Entropy& entropy)
      : directory_(std::move(directory)), entropy_(entropy) {}

  /// ICPD_HOME, XDG_CONFIG_HOME/icpd or ~/.config/icpd. Error: none of them is set.
  [[nodiscard]] static Result<std::string> usual_directory();

  /// Sorted. Makes the default one if there is none.
  [[nodiscard]] Result<std::vector<std::string>> names();
  [[nodiscard]] bool has(const std::string& name) const;
  /// The selected one, or the default one, which is made if it isn't there.
  [[nodiscard]] Result<std::string> selected();
  /// Errors: no such identity.
  [[nodiscard]] Status<> select(const std::string& name);
  /// Errors: no such identity; a file that others may read; not a key.
  [[nodiscard]] Result<Identity> load(const std::string& name);
  [[nodiscard]] Result<std::string> load_pem(const std::string& name);
  /// Never over a key that is there. Errors: a name that is taken or can't be one (cli_text.hpp).
  [[nodiscard]] Status<> add(const std::string& name, const crypto::UserSecretKey& key);

 private:
  [[nodiscard]] std::string path(const std::string& name) const;
  /// False: there is a key of that name.
  [[nodiscard]] Result<bool> create(const std::string& name, const crypto::UserSecretKey& key);
  Status<> make_default();

  std::string directory_;
  io::Entropy& entropy_;
};

}  // namespace icpd::node
