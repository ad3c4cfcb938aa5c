//! Windows events from the JSON that lies beside recorded EVTX files. Reading EVTX itself is another crate's work.

use sakimori_sigma::windows_service;
use sakimori_words::{Event, Fields, Instant, Value};
use serde_json::Value as Json;

/// Flattens `Event.System` and `Event.EventData`/`UserData` to native field names.
pub(crate) fn event(json: &Json) -> Event {
    let event = &json["Event"];
    let mut fields = Fields::new();
    let system = &event["System"];
    for (name, value) in system.as_object().into_iter().flatten() {
        add_system(&mut fields, name, value);
    }
    for part in ["EventData", "UserData"] {
        add_data(&mut fields, &event[part]);
    }
    let channel = system["Channel"].as_str().unwrap_or_default();
    let time = system.pointer("/TimeCreated/#attributes/SystemTime").and_then(Json::as_str);
    Event {
        product: "windows".into(),
        service: windows_service(channel).unwrap_or_default().into(),
        host: system["Computer"].as_str().unwrap_or_default().into(),
        time: Instant::parse(time.unwrap_or_default()).unwrap_or_default(),
        raw: json.to_string().into_bytes(),
        src: fields,
        ..Event::default()
    }
}

fn add_system(fields: &mut Fields, name: &str, value: &Json) {
    for (attribute, value) in value["#attributes"].as_object().into_iter().flatten() {
        fields.push(format!("{name}_{attribute}"), scalar(value));
    }
    match value {
        Json::Object(object) => {
            if let Some(text) = object.get("#text") {
                fields.push(name, scalar(text));
            }
        }
        plain => fields.push(name, scalar(plain)),
    }
}

/// Data under its own name, without blanks as Defender writes them; nested elements of `UserData` by their last name.
fn add_data(fields: &mut Fields, data: &Json) {
    for (name, value) in data.as_object().into_iter().flatten() {
        match value {
            _ if name == "#attributes" => {}
            Json::Object(_) => add_data(fields, value),
            Json::Array(items) => items.iter().for_each(|item| fields.push(name, scalar(item))),
            plain => fields.push(name.replace(' ', ""), scalar(plain)),
        }
    }
}

fn scalar(json: &Json) -> Value<'_> {
    match json {
        Json::Null => Value::Null,
        Json::Bool(flag) => Value::Bool(*flag),
        Json::Number(number) => {
            let broken = || number.as_f64().map_or(Value::Null, Value::Float);
            number.as_i64().map_or_else(broken, Value::Int)
        }
        Json::String(text) => Value::Text(text),
        Json::Array(_) | Json::Object(_) => Value::Null,
    }
}
