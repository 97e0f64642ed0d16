#include "node/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unistd.h>

#include "consensus/genesis.hpp"
#include "execution/environment.hpp"
#include "http/api.hpp"
#include "io/linux/files.hpp"
#include "io/linux/http_server.hpp"
#include "io/linux/system.hpp"
#include "io/linux/worker_threads.hpp"
#include "io/memory/guest_memory_space.hpp"
#include "message_routing/topology.hpp"
#include "node/batch_processor.hpp"
#include "node/cli_version.hpp"
#include "node/node_backend.hpp"
#include "node/node_files.hpp"
#include "node/node_pages.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::node {

namespace {

using io::linux::HttpServer;

struct Address {
  std::string host;
  std::uint16_t port = 0;
};

Result<Address> parse_address(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return Err("address without a port: " + text);
  int port = 0;
  for (const char c : text.substr(colon + 1)) {
    if (c < '0' || c > '9' || port > 65535) return Err("address with a bad port: " + text);
    port = 10 * port + (c - '0');
  }
  if (port > 65535) return Err("address with a bad port: " + text);
  return Address{text.substr(0, colon), static_cast<std::uint16_t>(port)};
}

/// The subnet that a node is a member of.
Result<types::SubnetId> subnet_of(const registry::Snapshot& snapshot, const types::NodeId& node) {
  for (const auto& [id, subnet] : snapshot.subnets) {
    if (std::binary_search(subnet.members.begin(), subnet.members.end(), node)) return id;
  }
  return Err("node " + node.text() + " is a member of no subnet in " + kRegistryFile);
}

struct StartState {
  state::ReplicatedState state;
  types::StateRoot root;
  types::StateHash hash;
};

StartState with_hashes(state::ReplicatedState state) {
  const types::StateRoot root = state::hash_state(state);
  const types::StateHash hash = state::state_hash(state);
  return {std::move(state), root, hash};
}

/// Ends the process' wait from any thread, with the reason if it is a failure.
class Ending {
 public:
  /// SIGINT and SIGTERM are only taken by wait(); threads made after this inherit that.
  Ending() {
    sigemptyset(&signals_);
    sigaddset(&signals_, SIGINT);
    sigaddset(&signals_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &signals_, nullptr);
  }
  void fail(std::string reason) {
    {
      const std::lock_guard lock(mutex_);
      if (reason_.empty()) reason_ = std::move(reason);
    }
    kill(getpid(), SIGTERM);
  }
  /// Empty: it was asked to end.
  [[nodiscard]] std::string wait() {
    int signal = 0;
    sigwait(&signals_, &signal);
    const std::lock_guard lock(mutex_);
    return reason_;
  }

 private:
  sigset_t signals_{};
  std::mutex mutex_;
  std::string reason_;
};

/// Everything of a running node, in the order in which it is built. stop() takes it apart.
class Node {
 public:
  [[nodiscard]] static Result<std::unique_ptr<Node>> start(const NodeOptions& options,
                                                           Ending& ending);
  ~Node() { stop(); }

 private:
  explicit Node(NodeKeys keys) : keys_(std::move(keys)) {}

  [[nodiscard]] Status<> open(const NodeOptions& options);
  [[nodiscard]] Result<StartState> recover_state();
  [[nodiscard]] Status<> make_replica(StartState start, Ending& ending);
  [[nodiscard]] Status<> start_links();
  [[nodiscard]] Status<> start_http();
  void stop();

  NodeKeys keys_;
  io::linux::SystemClock clock_;
  std::optional<io::linux::FileLock> lock_;
  std::unique_ptr<io::Disk> disk_;
  std::unique_ptr<io::Disk> state_disk_;
  Shared<registry::Snapshot> registry_;
  types::SubnetId subnet_;

  std::unique_ptr<io::GuestMemorySpace> memory_;
  std::unique_ptr<io::WorkerPool> workers_;
  std::unique_ptr<execution::Environment> environment_;
  std::unique_ptr<state::CheckpointStore> checkpoints_;
  std::unique_ptr<replica::ArtifactLog> log_;
  std::unique_ptr<consensus::Crypto> crypto_;
  std::unique_ptr<consensus::Signer> signer_;
  Published published_;
  std::unique_ptr<TaskQueue> tasks_;
  std::unique_ptr<ProtocolThread> protocol_;
  std::unique_ptr<BatchProcessor> batches_;
  std::unique_ptr<io::linux::Links> links_;
  std::unique_ptr<NodeBackend> backend_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<HttpServer> http_;
};

Result<std::unique_ptr<Node>> Node::start(const NodeOptions& options, Ending& ending) {
  auto disk = TRY(io::linux::open_disk(options.directory));
  auto keys = TRY(load_keys(*disk));
  std::unique_ptr<Node> node(new Node(std::move(keys)));
  node->disk_ = std::move(disk);
  TRY(node->open(options));
  TRY(node->make_replica(TRY(node->recover_state()), ending));
  TRY(node->start_links());
  TRY(node->start_http());
  return node;
}

Status<> Node::open(const NodeOptions& options) {
  lock_.emplace(TRY(io::linux::FileLock::try_take(options.directory + "/lock")));
  registry_ = Shared(TRY(load_registry(*disk_)));
  subnet_ = TRY(subnet_of(*registry_, keys_.id()));
  if (subnet_ != registry_->root_subnet)
    return Err("this icpd runs nodes of the root subnet only; others need traffic between subnets");
  state_disk_ = TRY(io::linux::open_disk(options.directory + "/state"));
  memory_ = TRY(io::memory::make_guest_memory_space());
  workers_ = io::linux::make_worker_threads("execution", io::linux::processors());
  environment_ = std::make_unique<execution::Environment>(*memory_, *workers_);
  checkpoints_ = std::make_unique<state::CheckpointStore>(*state_disk_);
  tasks_ = std::make_unique<TaskQueue>(TaskQueue::Options{});
  return {};
}

Result<StartState> Node::recover_state() {
  auto loaded = TRY(checkpoints_->load());
  if (!loaded) {
    return with_hashes(
        state::ReplicatedState(message_routing::network_topology(*registry_, subnet_)));
  }
  for (const std::string& damaged : loaded->damaged)
    std::fprintf(stderr, "icpd: passed over a checkpoint: %s\n", damaged.c_str());
  return with_hashes(std::move(loaded->state));
}

Status<> Node::make_replica(StartState start, Ending& ending) {
  const registry::SubnetRecord& subnet = registry_->subnet(subnet_);
  std::vector<consensus::KeyShare> shares;
  shares.push_back({crypto::digest_of(*subnet.initial_transcripts.low), keys_.low.clone()});
  shares.push_back({crypto::digest_of(*subnet.initial_transcripts.high), keys_.high.clone()});
  crypto_ = consensus::make_crypto();
  signer_ = consensus::make_signer(keys_.signing.clone(), std::move(shares));
  const auto root_key = crypto::BlsPublicKey::decode(subnet.public_key);
  if (!root_key.ok()) return Err(root_key.error().within("public key of the subnet"));

  replica::RecoveredLog recovered;
  log_ = TRY(replica::ArtifactLog::open(*disk_, recovered));
  const StartState genesis =
      with_hashes(state::ReplicatedState(message_routing::network_topology(*registry_, subnet_)));
  const replica::Identity identity{.consensus = {keys_.id(), subnet_, signer_.get(), crypto_.get()},
                                   .trust_root = {*root_key}};
  auto replica = TRY(replica::Replica::make(
      identity, registry::Registry(registry_),
      replica::Recovered{
          .genesis = consensus::genesis_package(*registry_, subnet_, {genesis.hash, genesis.root}),
          .log = std::move(recovered.artifacts),
          .watermark = recovered.watermark,
          .state = replica::Snapshot(state::ReplicatedState(start.state)),
          .root = start.root,
          .hash = start.hash}));

  std::map<types::NodeId, io::linux::LinkKey> link_keys;
  for (const types::NodeId& member : subnet.members)
    link_keys.emplace(member, *io::linux::LinkKey::from(registry_->nodes.at(member).link_key));
  const auto fail = [&ending](std::string reason) { ending.fail(std::move(reason)); };
  protocol_ = std::make_unique<ProtocolThread>(
      std::move(replica),
      ProtocolParts{clock_, *crypto_, *tasks_, published_, *log_, std::move(link_keys)}, fail);
  ProtocolThread* protocol = protocol_.get();
  batches_ = std::make_unique<BatchProcessor>(
      std::move(start.state), *environment_, *checkpoints_,
      [protocol](replica::Input input) { protocol->input(std::move(input)); }, fail);
  backend_ = std::make_unique<NodeBackend>(BackendParts{clock_,
                                                        *protocol_,
                                                        published_,
                                                        *tasks_,
                                                        *environment_,
                                                        {*root_key},
                                                        keys_.id(),
                                                        keys_.signing.clone(),
                                                        kBuildVersion});
  return {};
}

Status<> Node::start_links() {
  const registry::NodeRecord& own = registry_->nodes.at(keys_.id());
  const Address listen = TRY(parse_address(own.link_address));
  io::linux::LinkConfig config;
  const crypto::Ed25519SecretKey::Seed seed = keys_.link.seed();
  std::copy(seed.view().begin(), seed.view().end(), config.secret_seed.begin());
  config.listen_host = listen.host;
  config.listen_port = listen.port;
  ProtocolThread* protocol = protocol_.get();
  links_ = TRY(io::linux::Links::start(std::move(config), [protocol](io::linux::LinkEvent event) {
    protocol->link_event(std::move(event));
  }));
  std::vector<io::linux::LinkPeer> peers;
  for (const types::NodeId& member : registry_->subnet(subnet_).members) {
    const registry::NodeRecord& record = registry_->nodes.at(member);
    const Address address = TRY(parse_address(record.link_address));
    peers.push_back({*io::linux::LinkKey::from(record.link_key), address.host, address.port});
  }
  protocol_->connect(*batches_, *links_);
  protocol_->start();
  links_->set_peers(std::move(peers));
  return {};
}

Status<> Node::start_http() {
  const Address address = TRY(parse_address(registry_->nodes.at(keys_.id()).api_address));
  api_ = std::make_unique<http::Api>(*backend_);
  io::linux::HttpServerConfig config;
  config.host = address.host;
  config.port = address.port;
  http_ = TRY(HttpServer::start(config, [this](io::HttpRequest request, io::HttpResponder respond) {
    if (http::Api::serves(request.path()))
      return api_->handle(std::move(request), std::move(respond));
    respond(node_page(request, *backend_, *protocol_));
  }));
  return {};
}

void Node::stop() {
  if (http_ != nullptr) http_->drain(Duration::seconds(5));
  http_.reset();
  // The protocol thread sends through the links to its end; their events then go nowhere.
  if (protocol_ != nullptr) protocol_->stop();
  links_.reset();
  batches_.reset();
  tasks_.reset();
}

}  // namespace

int run_node(const NodeOptions& options) {
  Ending ending;
  auto node = Node::start(options, ending);
  if (!node.ok()) {
    std::fprintf(stderr, "icpd: %s\n", node.error().message.c_str());
    return 1;
  }
  const std::string reason = ending.wait();
  node->reset();
  if (reason.empty()) return 0;
  std::fprintf(stderr, "icpd: stopped: %s\n", reason.c_str());
  return 1;
}

}  // namespace icpd::node
