// How script/lib/say.bash talks.
"use strict";

const say = (line) => console.log(`-- ${line}`);

module.exports = { say };
