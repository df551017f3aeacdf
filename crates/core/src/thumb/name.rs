//! Names of thumbnails: a parameter string, the file's name, and an extension where the type is another.

use super::{Bounds, Format, Picture, Thumb};
use crate::title::FileTitle;

/// Why a name is none of a thumbnail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NameError {
    /// It asks for something that the file can't have.
    Impossible,
    /// Nothing is called so: the thumbnail that it describes has another name.
    NotCanonical,
}

impl Thumb {
    /// The parameter string, such as `120px`.
    pub fn param_string(&self, format: Format) -> String {
        self.options.write(format, self.pixel_width)
    }

    /// The name of this thumbnail of a file, such as `120px-A.svg.png`. Stashed files are called by their keys.
    pub fn file_name(&self, picture: &Picture, name: &str) -> String {
        format!("{}-{}", self.param_string(picture.format), self.saved_name(picture, name))
    }

    /// The name under which it is best saved, such as `A.svg.png`.
    pub fn saved_name(&self, picture: &Picture, name: &str) -> String {
        let image = picture.format.image(&self.options);
        let same_type = matches!(picture.format, Format::Jpeg | Format::Png | Format::Gif);
        // A document called `A.jpg` can't be: names have the extensions of their types.
        if same_type || FileTitle::from_db(name).extension() == image.extension() {
            name.to_owned()
        } else {
            format!("{name}.{}", image.extension())
        }
    }
}

impl Picture {
    /// The thumbnail of the file `name` that is called `thumb_name`.
    pub fn named(&self, name: &str, thumb_name: &str) -> Result<Thumb, NameError> {
        let thumb = self.described(name, thumb_name)?;
        if thumb.file_name(self, name) == thumb_name { Ok(thumb) } else { Err(NameError::NotCanonical) }
    }

    /// The thumbnail that `thumb_name` describes for a file called `name`, whether or not it is called so itself.
    pub fn described(&self, name: &str, thumb_name: &str) -> Result<Thumb, NameError> {
        let at = thumb_name.rfind(name).ok_or(NameError::NotCanonical)?;
        let params = thumb_name[..at].strip_suffix('-').ok_or(NameError::NotCanonical)?;
        let read = self.format.parse(params).ok_or(NameError::Impossible)?;
        let own_size = read.options.middle.then_some(i64::from(self.width));
        let width = read.width.or(own_size).ok_or(NameError::Impossible)?;
        self.scale(Bounds { width, height: None }, &read.options).ok_or(NameError::Impossible)
    }
}
