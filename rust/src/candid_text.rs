//! Candid as text, for the command line: what people type becomes a message, what canisters answer
//! becomes readable, and two interfaces are compared. The C interface is in include/icpd_candid.h.

use candid_parser::types::subtype::{subtype, Gamma};
use candid_parser::types::{Function, Type, TypeEnv, TypeInner};
use candid_parser::{check_prog, parse_idl_args, DecoderConfig, IDLArgs, IDLProg};
use std::slice;

#[repr(C)]
pub struct IcpdText {
    data: *const u8,
    size: usize,
}

impl IcpdText {
    /// # Safety
    /// `data` points to `size` readable bytes, or `size` is 0.
    unsafe fn bytes(&self) -> &[u8] {
        if self.size == 0 {
            return &[];
        }
        slice::from_raw_parts(self.data, self.size)
    }

    unsafe fn text(&self) -> Result<&str, String> {
        std::str::from_utf8(self.bytes()).map_err(|_| "not UTF-8".to_string())
    }
}

#[repr(C)]
pub struct IcpdBuffer {
    data: *mut u8,
    size: usize,
}

fn hand_over(bytes: Vec<u8>) -> IcpdBuffer {
    let boxed = bytes.into_boxed_slice();
    let size = boxed.len();
    IcpdBuffer {
        data: Box::into_raw(boxed) as *mut u8,
        size,
    }
}

/// # Safety
/// `buffer` came from a function of this file and was not freed yet.
#[no_mangle]
pub unsafe extern "C" fn icpd_buffer_free(buffer: IcpdBuffer) {
    drop(Box::from_raw(slice::from_raw_parts_mut(buffer.data, buffer.size)));
}

/// The types of an interface and its service. (The crate's own loader prints to stderr.)
fn load(interface: &str) -> Result<(TypeEnv, Type), String> {
    let program: IDLProg = interface.parse().map_err(|error| format!("doesn't parse: {error}"))?;
    let mut env = TypeEnv::new();
    let actor = check_prog(&mut env, &program).map_err(|error| format!("is wrong: {error}"))?;
    Ok((env, actor.ok_or("has no service")?))
}

/// What a method takes and gives; with no method name, what the initializer takes.
fn signature(interface: &str, method: &str) -> Result<(TypeEnv, Function), String> {
    let (env, actor) =
        load(interface).map_err(|error| format!("the canister's interface {error}"))?;
    if !method.is_empty() {
        let function = env.get_method(&actor, method).map_err(|_| {
            let known: Vec<_> = match env.as_service(&actor) {
                Ok(methods) => methods.iter().map(|(name, _)| name.as_str()).collect(),
                Err(_) => Vec::new(),
            };
            format!("the canister's interface has no method '{method}'; there are: {}", known.join(", "))
        })?;
        let function = function.clone();
        return Ok((env, function));
    }
    let args = match actor.as_ref() {
        TypeInner::Class(args, _) => args.clone(),
        _ => Vec::new(),
    };
    Ok((
        env,
        Function {
            modes: Vec::new(),
            args,
            rets: Vec::new(),
        },
    ))
}

fn encode(text: &str, interface: &str, method: &str) -> Result<Vec<u8>, String> {
    let args = parse_idl_args(text).map_err(|error| format!("not Candid text: {error}"))?;
    let encoded = if interface.is_empty() {
        args.to_bytes()
    } else {
        let (env, function) = signature(interface, method)?;
        args.to_bytes_with_types(&env, &function.args)
    };
    encoded.map_err(|error| format!("doesn't fit the interface: {error}"))
}

/// What decoding may cost: a canister's answer of 2 MiB fits, a bomb of empty values doesn't.
const DECODING_QUOTA: usize = 50_000_000;

fn decode(message: &[u8], interface: &str, method: &str) -> Result<String, String> {
    let mut config = DecoderConfig::new();
    config.set_decoding_quota(DECODING_QUOTA);
    let typed = || -> Result<IDLArgs, String> {
        let (env, function) = signature(interface, method)?;
        IDLArgs::from_bytes_with_types_with_config(message, &env, &function.rets, &config)
            .map_err(|error| error.to_string())
    };
    if !interface.is_empty() {
        if let Ok(args) = typed() {
            return Ok(args.to_string());
        }
    }
    // What doesn't fit the interface is still shown, as the message itself states it.
    let args = IDLArgs::from_bytes_with_config(message, &config).map_err(|error| error.to_string())?;
    Ok(args.to_string())
}

fn compatible(newer: &str, older: &str) -> Result<(), String> {
    let (mut env, newer) = load(newer).map_err(|error| format!("the newer interface {error}"))?;
    let (older_env, older) = load(older).map_err(|error| format!("the older interface {error}"))?;
    let older = env.merge_type(older_env, older);
    // A class is a service with an initializer, which clients don't call.
    subtype(&mut Gamma::new(), &env, &service_of(&newer), &service_of(&older))
        .map_err(|error| error.to_string())
}

fn service_of(actor: &Type) -> Type {
    match actor.as_ref() {
        TypeInner::Class(_, service) => service.clone(),
        _ => actor.clone(),
    }
}

fn finish(result: Result<Vec<u8>, String>, out: &mut IcpdBuffer) -> bool {
    let ok = result.is_ok();
    *out = hand_over(result.unwrap_or_else(String::into_bytes));
    ok
}

/// # Safety
/// As in icpd_candid.h.
#[no_mangle]
pub unsafe extern "C" fn icpd_candid_encode(
    text: IcpdText,
    interface: IcpdText,
    method: IcpdText,
    out: &mut IcpdBuffer,
) -> bool {
    let result = (|| encode(text.text()?, interface.text()?, method.text()?))();
    finish(result, out)
}

/// # Safety
/// As in icpd_candid.h.
#[no_mangle]
pub unsafe extern "C" fn icpd_candid_decode(
    message: IcpdText,
    interface: IcpdText,
    method: IcpdText,
    out: &mut IcpdBuffer,
) -> bool {
    let result = (|| decode(message.bytes(), interface.text()?, method.text()?))();
    finish(result.map(String::into_bytes), out)
}

/// # Safety
/// As in icpd_candid.h.
#[no_mangle]
pub unsafe extern "C" fn icpd_candid_compatible(
    newer: IcpdText,
    older: IcpdText,
    out: &mut IcpdBuffer,
) -> bool {
    let result = (|| compatible(newer.text()?, older.text()?))();
    finish(result.map(|()| Vec::new()), out)
}
