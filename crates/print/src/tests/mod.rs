mod fonts;
mod paper;
mod peers;
mod phone;
mod sample;
mod workbook;
