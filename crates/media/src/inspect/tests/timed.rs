//! Sound and moving pictures.

use super::*;
use crate::samples::{self, comment, ebml, iso_box, ogg_page, vorbis_head};

fn thousandths(info: &MediaInfo) -> i64 {
    (info.duration * 1000.0).round() as i64
}

fn inner<'d>(info: &'d MediaInfo, path: &[&str]) -> Option<&'d Data> {
    path.iter().try_fold(info.metadata.as_ref()?, |data, name| data.get(name))
}

#[test]
fn ogg_streams_tell_codec_length_and_comments() {
    let texts = comment("the vendor", &["TITLE=A title", "Artist=One", "artist=Two", "no value", "=x"]);
    let vorbis = join(&[
        &ogg_page(2, 0, 7, &[&vorbis_head(2, 44_100)]),
        &ogg_page(0, 0, 7, &[&join(&[b"\x03vorbis", &texts]), b"\x05vorbis"]),
        &ogg_page(4, 88_200, 7, &[b"sound"]),
    ]);
    let info = of(&vorbis, "application/ogg");
    assert_eq!((info.media_type, thousandths(&info), size(&info)), (MediaType::Audio, 2000, (0, 0)));
    assert_eq!(
        metadata(&info),
        "{version:2,length:2.0,offset:0,streams:{7:{serial:7,type:\"Vorbis\",vendor:\"the vendor\",length:2.0,\
         header:{audio_channels:2,audio_sample_rate:44100},comments:{title:[\"A title\"],artist:[\"One\",\"Two\"]}}}}"
    );
    assert_eq!(common(&info), "{ObjectName:\"A title\",Artist:{0:\"One\",1:\"Two\",_type:\"ul\"}}");

    let opus = join(&[
        &ogg_page(2, 0, 1, &[b"OpusHead\x01\x02\x38\x01\x80\xBB\0\0\0\0\0"]),
        &ogg_page(0, 0, 1, &[&join(&[b"OpusTags", &comment("v", &[])])]),
        &ogg_page(4, 48_000 + 312, 1, &[b"sound"]),
    ]);
    let info = of(&opus, "application/ogg");
    assert_eq!((info.media_type, thousandths(&info)), (MediaType::Audio, 1000));

    let head = join(&[b"\x7FFLAC\x01\0\0\x01fLaC\0\0\0\x22", &[0; 10], &[0x0A, 0xC4, 0x42, 0xF0], &[0; 20]]);
    let flac = join(&[
        &ogg_page(2, 0, 1, &[&head]),
        &ogg_page(0, 0, 1, &[&join(&[b"\x84\0\0\x10", &comment("v", &["TITLE=F"])])]),
        &ogg_page(4, 44_100, 1, &[b"sound"]),
    ]);
    let info = of(&flac, "application/ogg");
    assert_eq!((thousandths(&info), common(&info)), (1000, "{ObjectName:\"F\"}".to_owned()));

    let speex =
        join(&[b"Speex   1.2", &[0; 25], &16_000_u32.to_le_bytes(), &[0; 8], &1_u32.to_le_bytes(), &[0; 28]]);
    let file = join(&[&ogg_page(2, 0, 1, &[&speex]), &ogg_page(4, 8000, 1, &[&comment("v", &[])])]);
    assert_eq!(thousandths(&of(&file, "application/ogg")), 500);
}

#[test]
fn ogg_with_pictures_has_a_size() {
    let mut theora =
        join(&[b"\x80theora\x03\x02\x01\0\x14\0\x0F\0\x01\x40\0\0\xF0\0\0", &25_u32.to_be_bytes()]);
    theora.extend(join(&[&1_u32.to_be_bytes(), &[0; 10], &(6_u16 << 5).to_be_bytes()]));
    let file = join(&[
        &ogg_page(2, 0, 1, &[&theora]),
        &ogg_page(2, 0, 2, &[&vorbis_head(1, 8000)]),
        &ogg_page(0, 0, 1, &[&join(&[b"\x81theora", &comment("v", &["TITLE=T"])])]),
        &ogg_page(0, 0, 2, &[&join(&[b"\x03vorbis", &comment("v", &[])])]),
        &ogg_page(4, 8000, 2, &[b"x"]),
        // Two groups of frames: 64 and then 11.
        &ogg_page(4, (64 << 6) + 11, 1, &[b"x"]),
    ]);
    let info = of(&file, "application/ogg");
    assert_eq!((info.media_type, size(&info), thousandths(&info)), (MediaType::Video, (320, 240), 3000));
    assert_eq!(inner(&info, &["streams", "2", "type"]), Some(&"Vorbis".into()));
}

#[test]
fn long_comments_are_cut() {
    let picture = format!("METADATA_BLOCK_PICTURE={}", "A".repeat(500_000));
    let texts = join(&[b"\x03vorbis", &comment("v", &["TITLE=T", &picture, "ARTIST=after"])]);
    let mut pages = ogg_page(2, 0, 1, &[&vorbis_head(2, 8000)]);
    for piece in texts.chunks(255 * 200) {
        pages.extend(ogg_page(1, 0, 1, &[piece]));
    }
    pages.extend(ogg_page(4, 8000, 1, &[b"x"]));
    let info = of(&pages, "application/ogg");
    assert_eq!((thousandths(&info), common(&info)), (1000, "{ObjectName:\"T\"}".to_owned()));
}

#[test]
fn flac_tells_its_length_and_comments() {
    let packed = (48_000_u64 << 44) + (1 << 41) + (23 << 36) + 96_000;
    let file = join(&[
        b"fLaC\0\0\0\x22",
        &[0; 10],
        &packed.to_be_bytes(),
        &[0; 16],
        b"\x84\0\0\x40",
        &comment("v", &["Title=F", "DATE=2020"]),
    ]);
    let info = of(&file, "audio/flac");
    assert_eq!(
        (thousandths(&info), common(&info)),
        (2000, "{ObjectName:\"F\",DateTimeDigitized:\"2020\"}".to_owned())
    );
    assert_eq!(
        short_form(inner(&info, &["audio"]).unwrap()),
        "{codec:\"FLAC\",sample_rate:48000,channels:2,bits_per_sample:24}"
    );
    assert_eq!(inner(&info, &["playtime_string"]), Some(&"0:02".into()));
    assert!(of(b"fLaC", "audio/flac").metadata.is_none());
}

#[test]
fn wav_tells_its_length_and_texts() {
    let format = join(&[&[1, 0, 2, 0], &8000_u32.to_le_bytes(), &32_000_u32.to_le_bytes(), &[4, 0, 16, 0]]);
    let list = b"INFOINAM\x03\0\0\0abc\0IART\x02\0\0\0x\0";
    let file = riff(*b"WAVE", &[(*b"fmt ", &format), (*b"LIST", list), (*b"data", &vec![0; 64_000])]);
    let info = of(&file, "audio/wav");
    assert_eq!((thousandths(&info), common(&info)), (2000, "{ObjectName:\"abc\",Artist:\"x\"}".to_owned()));
    // What is cut off can't be heard.
    assert_eq!(thousandths(&of(&file[..file.len() - 32_000], "audio/wav")), 1000);
    let mut large = file.clone();
    large[..4].copy_from_slice(b"RF64");
    assert_eq!(thousandths(&of(&large, "audio/wav")), 2000);
    assert!(of(&file[..20], "audio/wav").metadata.is_none());
    // The length of `data` that stands elsewhere may be any number.
    let sizes = join(&[&[0; 8], &[0xFF; 8], &[0; 12]]);
    let mut endless =
        riff(*b"WAVE", &[(*b"ds64", &sizes), (*b"fmt ", &format), (*b"data", &vec![0; 64_000])]);
    let data = endless.windows(4).position(|w| w == b"data").unwrap();
    endless[data + 4..data + 8].fill(0xFF);
    assert_eq!(thousandths(&of(&endless, "audio/wav")), 2000);
}

/// A frame of MPEG 1 layer 3 at 128 kbit/s and 44.1 kHz.
fn frame() -> Vec<u8> {
    join(&[b"\xFF\xFB\x90\0", &[0; 413]])
}

#[test]
fn mp3_tells_its_length_and_texts() {
    let text = |id: &[u8], body: &[u8]| {
        join(&[id, &u32::try_from(body.len()).unwrap().to_be_bytes(), &[0; 2], body])
    };
    let frames = join(&[
        &text(b"TIT2", b"\x01\xFF\xFEH\0i\0"),
        &text(b"TPE1", b"\0caf\xE9"),
        &text(b"APIC", &[0; 300]),
        &text(b"TALB", b"\x03\xC3\xA9"),
    ]);
    let length = frames.len();
    let tag = join(&[b"ID3\x03\0\0\0\0", &[(length >> 7) as u8, (length & 127) as u8], &frames]);
    let file = join(&[&tag, &frame().repeat(96)]);
    let info = of(&file, "audio/mpeg");
    // 96 frames of 417 bytes at 16,000 bytes a second.
    assert_eq!((thousandths(&info), common(&info)), (2502, "{ObjectName:\"Hi\",Artist:\"café\"}".to_owned()));
    assert_eq!(
        short_form(inner(&info, &["audio"]).unwrap()),
        "{codec:\"MPEG Layer 3\",sample_rate:44100,channels:2}"
    );

    let counted = join(&[b"\xFF\xFB\x90\0", &[0; 32], b"Xing\0\0\0\x01", &3828_u32.to_be_bytes(), &[0; 400]]);
    assert_eq!(thousandths(&of(&counted, "audio/mpeg")), 99997);
    let old = join(&[&frame().repeat(2), b"TAGold", &[0; 122]]);
    assert_eq!(common(&of(&old, "audio/mpeg")), "{ObjectName:\"old\"}");
    assert!(of(b"ID3\x03\0\0\0\0\0\0", "audio/mpeg").metadata.is_none());
}

#[test]
fn midi_follows_the_tempo() {
    let song = |division: u16, tracks: &[&[u8]]| {
        let mut file = join(&[b"MThd\0\0\0\x06\0\x01\0\x01", &division.to_be_bytes()]);
        for track in tracks {
            file.extend(join(&[b"MTrk", &u32::try_from(track.len()).unwrap().to_be_bytes(), track]));
        }
        of(&file, "audio/midi")
    };
    // Two quarters at the usual tempo.
    let plain: &[u8] = b"\0\xFF\x03\x01T\0\x90\x40\x40\x81\x40\x40\0\0\xFF\x2F\0";
    let info = song(96, &[plain]);
    assert_eq!((thousandths(&info), common(&info)), (1000, "{ObjectName:\"T\"}".to_owned()));
    // Twice as fast after the first quarter, said in another track.
    let tempo: &[u8] = b"\x60\xFF\x51\x03\x03\xD0\x90\0\xFF\x2F\0";
    assert_eq!(thousandths(&song(96, &[tempo, plain])), 750);
    // 25 frames of 40 ticks each second.
    assert_eq!(thousandths(&song(0xE728, &[plain])), 192);
    assert_eq!(thousandths(&song(0, &[plain])), 0);
    assert!(of(b"RIFF", "audio/midi").metadata.is_none());
}

fn movie(extra: &[u8]) -> Vec<u8> {
    let head = |unit: u32, count: u32| join(&[&[0; 12], &unit.to_be_bytes(), &count.to_be_bytes(), &[0; 8]]);
    let matrix = |turned: bool| {
        let numbers: [u32; 9] = if turned {
            [0, 1 << 16, 0, 0xFFFF_0000, 0, 0, 0, 0, 1 << 30]
        } else {
            [1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30]
        };
        numbers.iter().flat_map(|n| n.to_be_bytes()).collect::<Vec<u8>>()
    };
    let track = |kind: &[u8], codec: &[u8], turned: bool| {
        let shown = join(&[
            &[0; 40],
            &matrix(turned),
            &(640_u32 << 16).to_be_bytes(),
            &(360_u32 << 16).to_be_bytes(),
        ]);
        let description = join(&[
            &[0; 7],
            b"\x01\0\0\0\x40",
            codec,
            &[0; 16],
            b"\0\x02\0\x10\0\0\0\0\xBB\x80\0\0",
            &[0; 20],
        ]);
        let samples = join(&[&[0; 8], &50_u32.to_be_bytes()]);
        let table =
            iso_box(*b"stbl", &join(&[&iso_box(*b"stsd", &description), &iso_box(*b"stsz", &samples)]));
        let media = join(&[
            &iso_box(*b"mdhd", &head(1000, 2000)),
            &iso_box(*b"hdlr", &join(&[&[0; 8], kind, &[0; 12]])),
            &iso_box(*b"minf", &table),
        ]);
        iso_box(*b"trak", &join(&[&iso_box(*b"tkhd", &shown), &iso_box(*b"mdia", &media)]))
    };
    let text = iso_box(*b"\xA9nam", &iso_box(*b"data", b"\0\0\0\x01\0\0\0\0A film"));
    let user = iso_box(*b"udta", &iso_box(*b"meta", &join(&[&[0; 4], &iso_box(*b"ilst", &text)])));
    let inside = join(&[
        &iso_box(*b"mvhd", &head(600, 1200)),
        &track(b"vide", b"avc1", !extra.is_empty()),
        &track(b"soun", b"mp4a", false),
        &user,
    ]);
    join(&[
        &iso_box(*b"ftyp", b"isom\0\0\0\0isom"),
        // The film may come first, with a length of 64 bits.
        b"\0\0\0\x01mdat\0\0\0\0\0\0\0\x18********",
        &iso_box(*b"moov", &inside),
        extra,
    ])
}

#[test]
fn mp4_tells_size_length_and_codecs() {
    let info = of(&movie(b""), "video/mp4");
    assert_eq!(
        (size(&info), thousandths(&info), common(&info)),
        ((640, 360), 2000, "{ObjectName:\"A film\"}".to_owned())
    );
    assert_eq!(
        short_form(inner(&info, &["video"]).unwrap()),
        "{codec:\"avc1\",resolution_x:640,resolution_y:360,frame_rate:25.0}"
    );
    assert_eq!(
        short_form(inner(&info, &["audio"]).unwrap()),
        "{codec:\"mp4a\",sample_rate:48000,channels:2,bits_per_sample:16}"
    );
    // Held upright.
    assert_eq!(size(&of(&movie(b"\0\0\0\x08free"), "video/mp4")), (360, 640));
    assert!(of(&iso_box(*b"ftyp", b"isom\0\0\0\0isom"), "video/mp4").metadata.is_none());
}

#[test]
fn webm_tells_size_length_and_codecs() {
    let video = ebml(0xE0, &join(&[&ebml(0xB0, &[2, 128]), &ebml(0xBA, &[1, 104])]));
    let audio = ebml(0xE1, &join(&[&ebml(0xB5, &48_000_f32.to_be_bytes()), &ebml(0x9F, &[2])]));
    let track = |kind: u8, codec: &[u8], rest: &[u8]| {
        ebml(
            0xAE,
            &join(&[
                &ebml(0x83, &[kind]),
                &ebml(0x86, codec),
                &ebml(0x23_E383, &40_000_000_u32.to_be_bytes()),
                rest,
            ]),
        )
    };
    let tag = |name: &[u8], value: &[u8]| ebml(0x67C8, &join(&[&ebml(0x45A3, name), &ebml(0x4487, value)]));
    let tags = ebml(0x1254_C367, &ebml(0x7373, &join(&[&tag(b"ARTIST", b"One"), &tag(b"DURATION", b"x")])));
    let info_element = ebml(
        0x1549_A966,
        &join(&[
            &ebml(0x2A_D7B1, &[15, 66, 64]),
            &ebml(0x4489, &2500_f64.to_be_bytes()),
            &ebml(0x7BA9, b"T"),
        ]),
    );
    let tracks = ebml(0x1654_AE6B, &join(&[&track(1, b"V_VP9", &video), &track(2, b"A_OPUS", &audio)]));
    let cluster = ebml(0x1F43_B675, &[0; 1000]);
    let segment = |parts: &[&[u8]]| {
        // A segment of a length that wasn't known.
        join(&[
            &ebml(0x1A45_DFA3, &ebml(0x4282, b"webm")),
            b"\x18\x53\x80\x67\x01\xFF\xFF\xFF\xFF\xFF\xFF\xFF",
            &parts.concat(),
        ])
    };
    let file = segment(&[&info_element, &tracks, &tags, &cluster]);
    let info = of(&file, "video/webm");
    assert_eq!((size(&info), thousandths(&info)), ((640, 360), 2500));
    assert_eq!(common(&info), "{ObjectName:\"T\",Artist:\"One\"}");
    assert_eq!(
        short_form(inner(&info, &["video"]).unwrap()),
        "{codec:\"V_VP9\",resolution_x:640,resolution_y:360,frame_rate:25.0}"
    );
    assert_eq!(
        short_form(inner(&info, &["audio"]).unwrap()),
        "{codec:\"A_OPUS\",sample_rate:48000,channels:2}"
    );
    // Texts at the end are found by the index at the beginning.
    let at = |place: usize| {
        let entry = join(&[
            &ebml(0x53AB, &0x1254_C367_u32.to_be_bytes()),
            &ebml(0x53AC, &u32::try_from(place).unwrap().to_be_bytes()),
        ]);
        ebml(0x114D_9B74, &ebml(0x4DBB, &entry))
    };
    let before = at(0).len() + info_element.len() + tracks.len() + cluster.len();
    let file = segment(&[&at(before), &info_element, &tracks, &cluster, &tags]);
    assert_eq!(common(&of(&file, "video/webm")), "{ObjectName:\"T\",Artist:\"One\"}");
    assert!(of(&samples::matroska(b"webm", b"V_VP8"), "video/webm").metadata.is_none());
}

#[test]
fn texts_take_no_more_room_than_there_is() {
    let many: Vec<String> = (0..5000).map(|n| format!("N{n}={}", "x".repeat(1000))).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let texts = comment("v", &many);
    let head = join(&[b"fLaC\0\0\0\x22", &[0; 10], &(8000_u64 << 44).to_be_bytes(), &[0; 16], b"\x84"]);
    let file = join(&[&head, &u32::try_from(texts.len()).unwrap().to_be_bytes()[1..], &texts]);
    assert!(metadata(&of(&file, "audio/flac")).len() < 80_000);
}
