// Lets names below `.localhost` resolve where the machine's resolver does not know them; ../localhost_names.py says why.
"use strict";

const dns = require("node:dns");

const lookup = dns.lookup;

dns.lookup = function (hostname, options, callback) {
  const name = /\.localhost\.?$/i.test(hostname) ? "127.0.0.1" : hostname;
  return lookup.call(dns, name, options, callback);
};
