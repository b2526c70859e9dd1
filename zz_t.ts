import * as L from "./mod.ts";
const m = L.sequential([L.input({shape:[6]}), L.dense({units:4,activation:"tanh",kernelRegularizer:"l2"}), L.dense({units:3,activation:"softmax"})]);
m.compile({optimizer:"adam",loss:"sparseCategoricalCrossentropy",metrics:["accuracy","macroF1"]} as any);
const x=L.tensor(Float32Array.from({length:60},(_,i)=>Math.sin(i)),[10,6]), y=L.tensor([0,1,2,0,1,2,0,1,2,0],[10],"int32");
await m.fit(x,y,{epochs:1,verbose:0});
console.log(JSON.stringify(m.savedTraining()?.config), m.savedTraining()?.variables?.().map(v=>v.name+v.value.shape));
await m.save("/tmp/kw/own.keras"); await m.save("/tmp/kw/own.h5"); await m.save("/tmp/kw/own2.keras",{kerasVersion:2}); await m.save("/tmp/kw/own2.h5",{kerasVersion:2}); await m.save("/tmp/kw/own.weights.h5");
