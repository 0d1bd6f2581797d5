/*!
 * jQuery JavaScript Library v1.12.4
 * http://jquery.com/
 *
 * Only this head is here: scanners tell the version by it. The program itself is left out.
 */
