#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| commonhold_fuzzing::run("thumb_gif_animated", data));
