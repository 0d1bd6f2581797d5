/*!

 handlebars v4.0.11

 Only this head is here: scanners tell the version by it. The program itself is left out.
*/
