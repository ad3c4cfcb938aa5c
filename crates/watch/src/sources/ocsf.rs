//! The OCSF classes that sources assign (uids checked against the compiled OCSF 1.8.0 schema).

/// File System Activity.
pub(crate) const FILE: u32 = 1001;
/// Kernel Extension Activity (drivers).
pub(crate) const DRIVER: u32 = 1002;
/// Module Activity (libraries loaded).
pub(crate) const MODULE: u32 = 1005;
/// Scheduled Job Activity.
pub(crate) const SCHEDULED_JOB: u32 = 1006;
/// Process Activity.
pub(crate) const PROCESS: u32 = 1007;
/// Event Log Activity.
pub(crate) const EVENT_LOG: u32 = 1008;
/// Script Activity.
pub(crate) const SCRIPT: u32 = 1009;
/// Peripheral Activity (USB).
pub(crate) const PERIPHERAL: u32 = 1010;
/// Detection Finding.
pub(crate) const DETECTION: u32 = 2004;
/// Account Change.
pub(crate) const ACCOUNT: u32 = 3001;
/// Authentication.
pub(crate) const AUTHENTICATION: u32 = 3002;
/// Authorize Session.
pub(crate) const SESSION: u32 = 3003;
/// Entity Management (configuration, directory objects, policies).
pub(crate) const ENTITY: u32 = 3004;
/// Group Management.
pub(crate) const GROUP: u32 = 3006;
/// Network Activity.
pub(crate) const NETWORK: u32 = 4001;
/// HTTP Activity.
pub(crate) const HTTP: u32 = 4002;
/// DNS Activity.
pub(crate) const DNS: u32 = 4003;
/// DHCP Activity.
pub(crate) const DHCP: u32 = 4004;
/// RDP Activity.
pub(crate) const RDP: u32 = 4005;
/// SMB Activity.
pub(crate) const SMB: u32 = 4006;
/// SSH Activity.
pub(crate) const SSH: u32 = 4007;
/// FTP Activity.
pub(crate) const FTP: u32 = 4008;
/// Email Activity.
pub(crate) const EMAIL: u32 = 4009;
/// Tunnel Activity (VPN).
pub(crate) const TUNNEL: u32 = 4014;
/// Application Lifecycle (install, remove, update).
pub(crate) const APPLICATION: u32 = 6002;
/// Registry Key Activity.
pub(crate) const REGISTRY_KEY: u32 = 201_001;
/// Registry Value Activity.
pub(crate) const REGISTRY_VALUE: u32 = 201_002;
/// Windows Service Activity.
pub(crate) const WINDOWS_SERVICE: u32 = 201_004;

/// The event's `status` when it went well.
pub(crate) const SUCCESS: &str = "success";
/// The event's `status` when it was refused or failed.
pub(crate) const FAILURE: &str = "failure";
