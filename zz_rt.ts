import { loadModel, type Model, type Tensor } from "./mod.ts";
import { backends, caseTensors, listCases } from "./tests/support/cases.ts";
const root = new URL("../shared/", import.meta.url);
const cases = [...await listCases(new URL("fixtures/keras/", root)), ...await listCases(new URL("models/", root))].filter((c)=>/^[AB]_|models\//.test(c.name)||!/^[A-F]_/.test(c.name));
const same=(a:Tensor,b:Tensor)=>{ if(a.dtype!==b.dtype||a.shape.join()!==b.shape.join())return false; const x=new Uint8Array((a.data as Float32Array).buffer,(a.data as Float32Array).byteOffset,(a.data as Float32Array).byteLength),y=new Uint8Array((b.data as Float32Array).buffer,(b.data as Float32Array).byteOffset,(b.data as Float32Array).byteLength); return x.every((v,i)=>v===y[i]); };
const only = Deno.args[0] ? new RegExp(Deno.args[0]) : /./;
let files=0, ok=0; const bad: string[]=[];
for (const c of cases) {
  if (!only.test(c.name)) continue;
  const names = Object.keys(c.files ?? {}).filter(f=>/^(model|encoder|decoder|stateful)(\.tfkeras2)?\.(keras|h5)$/.test(f));
  for (const f of names.slice(0,Deno.args[1]==="all"?9:1)) {
    const url = new URL(f, (c as any).url ?? (c as any).folder);
    let m: Model; try { m = await loadModel(url,{backend:"wasm",warn:()=>{}}); } catch (e) { bad.push(`${c.name}/${f}: load ${(e as Error).message}`); continue; }
    for (const [ext,v] of [["keras",3],["h5",3],["h5",2],["keras",2],["weights.h5",3],["safetensors",3]] as const) {
      files++;
      try {
        const b = await m.toBytes(ext,{kerasVersion:v});
        const n = ext==="weights.h5"||ext==="safetensors" ? await loadModel(await m.toBytes("json"),{weights:b,backend:"wasm",warn:()=>{}}) : await loadModel(b,{backend:"wasm",warn:(w)=>bad.push(c.name+" warn "+w)});
        const A=[...m.weights],B=[...n.weights];
        if (A.length!==B.length) throw new Error("weights "+A.map(x=>x[0])+" / "+B.map(x=>x[0]));
        A.forEach(([p,t],i)=>{ if(B[i]![0]!==p||!same(t,B[i]![1])) throw new Error(`weight ${p} / ${B[i]![0]}`); });
        if (f.startsWith("model") && ext!=="safetensors" && (c.inputs?.length)) {
          const x = Object.fromEntries((await caseTensors(c,c.inputs)).map((t,i)=>[m.inputs[i]!.name,t]));
          const p=[await m.predict(x)].flat(), q=[await n.predict(x)].flat();
          p.forEach((t,i)=>{ if(!same(t as Tensor,q[i] as Tensor)) throw new Error("prediction "+i); });
        }
        ok++;
      } catch (e) { bad.push(`${c.name}/${f} ${ext} ${v}: ${(e as Error).message.slice(0,400)}`); }
    }
    m.close();
  }
}
console.log(bad.join("\n")); console.log(files,ok);
