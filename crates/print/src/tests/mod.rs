mod fonts;
mod form;
mod paper;
mod peers;
mod phone;
mod sample;
mod workbook;
