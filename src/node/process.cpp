#include "node/process.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <unistd.h>

#include "consensus/genesis.hpp"
#include "execution/environment.hpp"
#include "http/api.hpp"
#include "http/bodies.hpp"
#include "io/linux/files.hpp"
#include "io/linux/http_server.hpp"
#include "io/linux/system.hpp"
#include "io/linux/worker_threads.hpp"
#include "message_routing/topology.hpp"
#include "node/batch_processor.hpp"
#include "node/canister_output.hpp"
#include "node/cli_version.hpp"
#include "node/dirty_pages.hpp"
#include "node/log.hpp"
#include "node/node_backend.hpp"
#include "node/node_pages.hpp"
#include "node/node_setup.hpp"
#include "node/progress.hpp"
#include "replica/start_state.hpp"
#include "state/certified_tree.hpp"
#include "state/state_hash.hpp"

namespace icpd::node {

namespace {

using io::linux::HttpServer;

void info(std::string_view message, const LogFields& fields = {}) {
  log_line(LogLevel::kInfo, "node", message, fields);
}
void warn(std::string_view component, std::string_view message, const LogFields& fields = {}) {
  log_line(LogLevel::kWarning, component, message, fields);
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
  /// Nothing if it wasn't asked to end within that time; else the reason, empty if it was asked to
  /// from outside.
  [[nodiscard]] std::optional<std::string> wait(Duration at_most) {
    constexpr std::int64_t kSecond = Duration::seconds(1).ns;
    const timespec time{at_most.ns / kSecond, at_most.ns % kSecond};
    if (sigtimedwait(&signals_, nullptr, &time) < 0) return std::nullopt;
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
                                                           NodeSetup setup, Ending& ending);
  ~Node() { stop(); }

  [[nodiscard]] bool is_healthy() { return backend_->status().healthy(); }
  /// The certified height; "none" before there is one.
  [[nodiscard]] std::string certified() const;
  void introduce() const;

 private:
  explicit Node(NodeSetup setup)
      : config_(std::move(setup.config)),
        keys_(std::move(setup.keys)),
        registry_(std::move(setup.registry)),
        subnet_(setup.subnet) {}

  [[nodiscard]] Status<> open(const NodeOptions& options);
  [[nodiscard]] Result<replica::RecoveredLog> open_log();
  [[nodiscard]] Result<StartState> recover_state(const replica::RecoveredLog& recovered);
  [[nodiscard]] Status<> make_replica(StartState start, replica::RecoveredLog recovered,
                                      Ending& ending);
  void batch_done(replica::Input result);
  [[nodiscard]] Status<> start_links();
  void make_pages(const NodeOptions& options);
  [[nodiscard]] Status<> start_http(const NodeOptions& options);
  void stop();

  NodeConfig config_;
  NodeKeys keys_;
  Shared<registry::Snapshot> registry_;
  types::SubnetId subnet_;
  io::linux::SystemClock clock_;
  std::optional<io::linux::FileLock> lock_;
  std::unique_ptr<io::Disk> disk_;
  std::unique_ptr<io::Disk> state_disk_;

  std::unique_ptr<io::GuestMemorySpace> memory_;
  std::unique_ptr<io::WorkerPool> workers_;
  std::unique_ptr<CodeStore> code_;
  std::unique_ptr<CompileProcesses> compiler_;
  std::unique_ptr<CompileAhead> ahead_;
  std::unique_ptr<execution::Environment> environment_;
  std::unique_ptr<state::CheckpointStore> checkpoints_;
  std::unique_ptr<replica::ArtifactLog> log_;
  std::unique_ptr<consensus::Crypto> crypto_;
  std::unique_ptr<consensus::Signer> signer_;
  Published published_;
  std::unique_ptr<Records> records_;
  std::unique_ptr<TaskQueue> tasks_;
  std::unique_ptr<QueryService> queries_;
  std::unique_ptr<ProtocolThread> protocol_;
  std::optional<CanisterOutput> canister_output_;
  std::unique_ptr<BatchProcessor> batches_;
  std::unique_ptr<io::linux::Links> links_;
  std::unique_ptr<QueryWorkers> query_workers_;
  std::unique_ptr<NodeBackend> backend_;
  std::unique_ptr<http::Api> api_;
  std::unique_ptr<NodePages> pages_;
  std::unique_ptr<HttpServer> http_;
  std::unique_ptr<HttpServer> pages_http_;
};

Result<std::unique_ptr<Node>> Node::start(const NodeOptions& options, NodeSetup setup,
                                          Ending& ending) {
  std::unique_ptr<Node> node(new Node(std::move(setup)));
  TRY(node->open(options));
  replica::RecoveredLog recovered = TRY(node->open_log());
  StartState start = TRY(node->recover_state(recovered));
  TRY(node->make_replica(std::move(start), std::move(recovered), ending));
  TRY(node->start_links());
  TRY(node->start_http(options));
  return node;
}

Status<> Node::open(const NodeOptions& options) {
  lock_.emplace(TRY(io::linux::FileLock::try_take(options.directory + "/lock")));
  disk_ = TRY(io::linux::open_disk(options.directory));
  state_disk_ = TRY(io::linux::open_disk(options.directory + "/state"));
  memory_ = TRY(open_guest_memory());
  const std::size_t threads =
      config_.execution_threads == 0 ? io::linux::processors() : config_.execution_threads;
  workers_ = io::linux::make_worker_threads("execution", threads);
  io::linux::SystemEntropy entropy;
  code_ = TRY(CodeStore::open(
      options.code_directory.empty() ? options.directory + "/code" : options.code_directory,
      entropy));
  compiler_ = std::make_unique<CompileProcesses>(
      *code_, [](const std::string& what) { warn("compiler", what); });
  ahead_ = std::make_unique<CompileAhead>(*compiler_);
  environment_ = std::make_unique<execution::Environment>(*memory_, *workers_, compiler_.get());
  checkpoints_ = std::make_unique<state::CheckpointStore>(*state_disk_);
  tasks_ = std::make_unique<TaskQueue>(TaskQueue::Options{});
  if (options.canister_output) canister_output_.emplace(STDOUT_FILENO);
  return {};
}

Result<replica::RecoveredLog> Node::open_log() {
  replica::RecoveredLog recovered;
  log_ = TRY(replica::ArtifactLog::open(*disk_, recovered));
  if (recovered.tail_dropped)
    warn("log", "the last record of the artifact log was torn and is dropped");
  return recovered;
}

Result<StartState> Node::recover_state(const replica::RecoveredLog& recovered) {
  auto found = TRY(replica::find_start_state(*checkpoints_, recovered.artifacts));
  for (const std::string& damaged : found.damaged)
    warn("state", "passed over a damaged checkpoint", {{"which", damaged}});
  if (found.newest) return with_hashes(std::move(found.newest->state));
  if (!found.damaged.empty()) warn("state", "no checkpoint is whole; begins with the first block");
  return with_hashes(
      state::ReplicatedState(message_routing::network_topology(*registry_, subnet_)));
}

Status<> Node::make_replica(StartState start, replica::RecoveredLog recovered, Ending& ending) {
  const registry::SubnetRecord& subnet = registry_->subnet(subnet_);
  std::vector<consensus::KeyShare> shares;
  shares.push_back({crypto::digest_of(*subnet.initial_transcripts.low), keys_.low.clone()});
  shares.push_back({crypto::digest_of(*subnet.initial_transcripts.high), keys_.high.clone()});
  crypto_ = consensus::make_crypto();
  signer_ = consensus::make_signer(keys_.signing.clone(), std::move(shares));
  const auto root_key = crypto::BlsPublicKey::decode(subnet.public_key);
  if (!root_key.ok()) return Err(root_key.error().within("public key of the subnet"));

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
  std::vector<types::NodeId> peers = subnet.members;
  std::erase(peers, keys_.id());
  records_ = std::make_unique<Records>(peers);
  queries_ = std::make_unique<QueryService>(clock_, *environment_);
  protocol_ =
      std::make_unique<ProtocolThread>(std::move(replica),
                                       ProtocolParts{clock_, *crypto_, *tasks_, published_, *log_,
                                                     *records_, *queries_, std::move(link_keys)},
                                       fail);
  batches_ = std::make_unique<BatchProcessor>(
      std::move(start.state), *environment_, *checkpoints_,
      [this](replica::Input input) { batch_done(std::move(input)); }, fail);
  query_workers_ = std::make_unique<QueryWorkers>(QueryWorkers::Options{});
  backend_ = std::make_unique<NodeBackend>(BackendParts{clock_,
                                                        *protocol_,
                                                        published_,
                                                        *tasks_,
                                                        *environment_,
                                                        *queries_,
                                                        *query_workers_,
                                                        *ahead_,
                                                        {*root_key},
                                                        keys_.id(),
                                                        keys_.signing.clone(),
                                                        kBuildVersion});
  return {};
}

/// From the threads of the batch processor; only one of them brings batches.
void Node::batch_done(replica::Input result) {
  const auto* done = std::get_if<replica::BatchExecuted>(&result);
  if (canister_output_ && done != nullptr)
    canister_output_->tell(done->height, done->state->time(), done->outcome->execution.log);
  protocol_->input(std::move(result));
}

Status<> Node::start_links() {
  io::linux::LinkConfig config;
  const crypto::Ed25519SecretKey::Seed seed = keys_.link.seed();
  std::copy(seed.view().begin(), seed.view().end(), config.secret_seed.begin());
  config.listen_host = config_.links_listen.host;
  config.listen_port = config_.links_listen.port;
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

void Node::make_pages(const NodeOptions& options) {
  std::vector<MemberReport> members;
  for (const types::NodeId& member : registry_->subnet(subnet_).members) {
    // Where others serve pages apart isn't in the registry.
    const bool known = options.pages_address.empty();
    members.push_back({member, known ? registry_->nodes.at(member).api_address : ""});
  }
  pages_ = std::make_unique<NodePages>(PageParts{.clock = clock_,
                                                 .backend = *backend_,
                                                 .protocol = *protocol_,
                                                 .published = published_,
                                                 .queries = *queries_,
                                                 .node = keys_.id(),
                                                 .subnet = subnet_,
                                                 .version = kBuildVersion,
                                                 .members = std::move(members),
                                                 .names = CanisterNames(options.names_directory)});
}

Status<> Node::start_http(const NodeOptions& options) {
  api_ = std::make_unique<http::Api>(*backend_);
  make_pages(options);
  const bool pages_apart = !options.pages_address.empty();
  io::linux::HttpServerConfig config;
  config.host = config_.api_listen.host;
  config.port = config_.api_listen.port;
  config.connections_max = config_.api_connections_max;
  config.connections_per_address_max = config_.api_connections_per_address_max;
  config.requests_per_second = config_.api_requests_per_second;
  config.requests_burst = config_.api_requests_burst;
  const auto serve = [this, pages_apart](io::HttpRequest request, io::HttpResponder respond) {
    if (http::Api::serves(request.path()))
      return api_->handle(std::move(request), std::move(respond));
    if (pages_apart && request.path() != "/health")
      return respond(http::text_response(404, "no such page\n"));
    pages_->handle(request, std::move(respond));
  };
  http_ = TRY(HttpServer::start(config, serve));
  if (!pages_apart) return {};
  const Address apart = TRY(parse_address(options.pages_address));
  config.host = apart.host;
  config.port = apart.port;
  config.thread_name = "pages";
  pages_http_ =
      TRY(HttpServer::start(config, [this](io::HttpRequest request, io::HttpResponder respond) {
        pages_->handle(request, std::move(respond));
      }));
  return {};
}

std::string Node::certified() const {
  const SharedView view = published_.newest();
  return view == nullptr ? "none" : to_string(view->height());
}

void Node::introduce() const {
  const auto text = [](const Address& address) {
    const bool is_ipv6 = address.host.find(':') != std::string::npos;
    return (is_ipv6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
  };
  info("started", {{"id", keys_.id().text()},
                   {"version", std::string(kBuildVersion)},
                   {"links", text(config_.links_listen)},
                   {"clients", text(config_.api_listen)},
                   {"dirty_pages", memory_->backend_name()}});
  if (disk_->exists(kNotForRealUseFile))
    warn("node", "its keys were dealt on another machine: this network is NOT FOR REAL USE");
}

void Node::stop() {
  if (http_ != nullptr) http_->drain(Duration::seconds(5));
  http_.reset();
  pages_http_.reset();
  // The protocol thread sends through the links to its end; their events then go nowhere.
  if (protocol_ != nullptr) protocol_->stop();
  links_.reset();
  batches_.reset();
  if (queries_ != nullptr) queries_->end();
  query_workers_.reset();
  tasks_.reset();
}

/// Progress on a terminal is drawn there; elsewhere its lines are part of the log.
Console progress_console() {
  Console console = standard_console();
  if (!console.progress)
    console.note = [](std::string_view line) { info(line.substr(0, line.find('\n'))); };
  return console;
}

/// Until the node is told to end; shows meanwhile how it catches up. The reason, as Ending::wait.
std::string wait_for_end(Node& node, Ending& ending) {
  constexpr Duration kLong = Duration::minutes(60);
  io::linux::SystemClock clock;
  const Console console = progress_console();
  std::optional<Progress> progress(std::in_place, console, clock.monotonic());
  for (;;) {
    if (const auto reason = ending.wait(progress ? Progress::kRedraw : kLong)) return *reason;
    if (!progress) continue;
    if (node.is_healthy()) {
      progress.reset();
      info("healthy", {{"certified", node.certified()}});
    } else {
      progress->show(clock.monotonic(), "catching up", "certified height " + node.certified());
    }
  }
}

}  // namespace

int run_node(const NodeOptions& options) {
  Ending ending;
  auto setup = load_node_setup(options.directory);
  if (!setup.ok()) {
    // Each problem on a line of its own that begins with the file, as --check-config says them.
    std::fprintf(stderr, "%s\n", text_of(setup.error()).c_str());
    return 1;
  }
  auto node = Node::start(options, std::move(setup).value(), ending);
  if (!node.ok()) {
    log_line(LogLevel::kError, "node", node.error().message);
    return 1;
  }
  (*node)->introduce();
  const std::string reason = wait_for_end(**node, ending);
  node->reset();
  if (reason.empty()) {
    info("stopped, as it was told");
    return 0;
  }
  log_line(LogLevel::kError, "node", "stopped: " + reason);
  return 1;
}

}  // namespace icpd::node
