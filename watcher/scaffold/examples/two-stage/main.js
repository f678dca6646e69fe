console.log(`The native module says ${require("./answer.node")}.`);
