/** The messages of ONNX, as interfaces and field tables (onnx.proto, IR 14, and onnx-data.proto). @module */
import type { Field, ScalarKind, Table } from "./proto.ts";

type Kind = ScalarKind | (() => Table<object>);
const one = (id: number, kind: Kind): Field => ({ id, kind });
const many = (id: number, kind: Kind): Field => ({ id, kind, repeated: true });
const packed = (id: number, kind: ScalarKind): Field => ({ id, kind, repeated: true, packed: true });
const erase = <T extends object>(table: Table<T>): Table<object> => table as unknown as Table<object>;

/** A key with its value. */
export interface StringStringEntryProto {
  key?: string;
  value?: string;
}
/** A domain with the version of its operators. */
export interface OperatorSetIdProto {
  domain?: string;
  version?: bigint;
}
/** A dimension: a number, a name, or neither. */
export interface DimensionProto {
  dimValue?: bigint;
  dimParam?: string;
}
/** A shape. */
export interface TensorShapeProto {
  dim?: DimensionProto[];
}
/** A dense or sparse tensor's type. */
export interface TensorTypeProto {
  elemType?: number;
  shape?: TensorShapeProto;
}
/** A sequence's or an optional's type. */
export interface ContainerTypeProto {
  elemType?: TypeProto;
}
/** A map's type. */
export interface MapTypeProto {
  keyType?: number;
  valueType?: TypeProto;
}
/** An opaque type. */
export interface OpaqueTypeProto {
  domain?: string;
  name?: string;
}
/** The type of a value: one of its fields is there. */
export interface TypeProto {
  tensorType?: TensorTypeProto;
  sequenceType?: ContainerTypeProto;
  mapType?: MapTypeProto;
  optionalType?: ContainerTypeProto;
  sparseTensorType?: TensorTypeProto;
  opaqueType?: OpaqueTypeProto;
}
/** A value's name and type. */
export interface ValueInfoProto {
  name?: string;
  type?: TypeProto;
  docString?: string;
}
/** Part of a larger tensor; deprecated. */
export interface SegmentProto {
  begin?: bigint;
  end?: bigint;
}
/** A tensor with its elements, or with the place outside the file where they are. */
export interface TensorProto {
  dims?: BigInt64Array;
  dataType?: number;
  segment?: SegmentProto;
  floatData?: Float32Array;
  int32Data?: Int32Array;
  stringData?: Uint8Array[];
  int64Data?: BigInt64Array;
  name?: string;
  docString?: string;
  rawData?: Uint8Array;
  doubleData?: Float64Array;
  uint64Data?: BigUint64Array;
  externalData?: StringStringEntryProto[];
  dataLocation?: number;
}
/** A tensor of which only the non-zero elements are held. */
export interface SparseTensorProto {
  values?: TensorProto;
  indices?: TensorProto;
  dims?: BigInt64Array;
}
/** An attribute of a node. */
export interface AttributeProto {
  name?: string;
  refAttrName?: string;
  docString?: string;
  type?: number;
  f?: number;
  i?: bigint;
  s?: Uint8Array;
  t?: TensorProto;
  g?: GraphProto;
  sparseTensor?: SparseTensorProto;
  tp?: TypeProto;
  floats?: Float32Array;
  ints?: BigInt64Array;
  strings?: Uint8Array[];
  tensors?: TensorProto[];
  graphs?: GraphProto[];
  sparseTensors?: SparseTensorProto[];
  typeProtos?: TypeProto[];
}
/** An operator with the names of its inputs and outputs. */
export interface NodeProto {
  input?: string[];
  output?: string[];
  name?: string;
  opType?: string;
  domain?: string;
  overload?: string;
  attribute?: AttributeProto[];
  docString?: string;
}
/** A graph. */
export interface GraphProto {
  node?: NodeProto[];
  name?: string;
  initializer?: TensorProto[];
  sparseInitializer?: SparseTensorProto[];
  docString?: string;
  input?: ValueInfoProto[];
  output?: ValueInfoProto[];
  valueInfo?: ValueInfoProto[];
}
/** An operator that the model brings itself. */
export interface FunctionProto {
  name?: string;
  input?: string[];
  output?: string[];
  attribute?: string[];
  attributeProto?: AttributeProto[];
  node?: NodeProto[];
  docString?: string;
  opsetImport?: OperatorSetIdProto[];
  domain?: string;
  overload?: string;
}
/** How a model is to be trained; Lapis doesn't use it. */
export interface TrainingInfoProto {
  initialization?: GraphProto;
  algorithm?: GraphProto;
}
/** A whole model. */
export interface ModelProto {
  irVersion?: bigint;
  opsetImport?: OperatorSetIdProto[];
  producerName?: string;
  producerVersion?: string;
  domain?: string;
  modelVersion?: bigint;
  docString?: string;
  graph?: GraphProto;
  metadataProps?: StringStringEntryProto[];
  trainingInfo?: TrainingInfoProto[];
  functions?: FunctionProto[];
}
/** A sequence of values, as test data holds it. */
export interface SequenceProto {
  name?: string;
  elemType?: number;
  tensorValues?: TensorProto[];
  sparseTensorValues?: SparseTensorProto[];
  sequenceValues?: SequenceProto[];
  mapValues?: MapProto[];
  optionalValues?: OptionalProto[];
}
/** Keys, and as many values. */
export interface MapProto {
  name?: string;
  keyType?: number;
  keys?: BigInt64Array;
  stringKeys?: Uint8Array[];
  values?: SequenceProto;
}
/** A value that may be absent, as test data holds it. */
export interface OptionalProto {
  name?: string;
  elemType?: number;
  tensorValue?: TensorProto;
  sparseTensorValue?: SparseTensorProto;
  sequenceValue?: SequenceProto;
  mapValue?: MapProto;
  optionalValue?: OptionalProto;
}

const entry: Table<StringStringEntryProto> = {
  name: "StringStringEntryProto",
  fields: { key: one(1, "string"), value: one(2, "string") },
};
const opsetId: Table<OperatorSetIdProto> = {
  name: "OperatorSetIdProto",
  fields: { domain: one(1, "string"), version: one(2, "int64") },
};
const dimension: Table<DimensionProto> = {
  name: "Dimension",
  fields: { dimValue: one(1, "int64"), dimParam: one(2, "string") },
};
const shapeTable: Table<TensorShapeProto> = {
  name: "TensorShapeProto",
  fields: { dim: many(1, () => erase(dimension)) },
};
const tensorType: Table<TensorTypeProto> = {
  name: "Tensor",
  fields: { elemType: one(1, "int32"), shape: one(2, () => erase(shapeTable)) },
};
const containerType: Table<ContainerTypeProto> = {
  name: "Sequence",
  fields: { elemType: one(1, () => erase(typeTable)) },
};
const mapType: Table<MapTypeProto> = {
  name: "Map",
  fields: { keyType: one(1, "int32"), valueType: one(2, () => erase(typeTable)) },
};
const opaqueType: Table<OpaqueTypeProto> = {
  name: "Opaque",
  fields: { domain: one(1, "string"), name: one(2, "string") },
};
const typeTable: Table<TypeProto> = {
  name: "TypeProto",
  fields: {
    tensorType: one(1, () => erase(tensorType)),
    sequenceType: one(4, () => erase(containerType)),
    mapType: one(5, () => erase(mapType)),
    optionalType: one(9, () => erase(containerType)),
    sparseTensorType: one(8, () => erase(tensorType)),
    opaqueType: one(7, () => erase(opaqueType)),
  },
};
const valueInfo: Table<ValueInfoProto> = {
  name: "ValueInfoProto",
  fields: { name: one(1, "string"), type: one(2, () => erase(typeTable)), docString: one(3, "string") },
};
const segment: Table<SegmentProto> = {
  name: "Segment",
  fields: { begin: one(1, "int64"), end: one(2, "int64") },
};
/** Fields of TensorProto. */
export const tensorTable: Table<TensorProto> = {
  name: "TensorProto",
  fields: {
    dims: many(1, "int64"),
    dataType: one(2, "int32"),
    segment: one(3, () => erase(segment)),
    floatData: packed(4, "float"),
    int32Data: packed(5, "int32"),
    stringData: many(6, "bytes"),
    int64Data: packed(7, "int64"),
    name: one(8, "string"),
    docString: one(12, "string"),
    rawData: one(9, "bytes"),
    doubleData: packed(10, "double"),
    uint64Data: packed(11, "uint64"),
    externalData: many(13, () => erase(entry)),
    dataLocation: one(14, "int32"),
  },
};
const sparseTable: Table<SparseTensorProto> = {
  name: "SparseTensorProto",
  fields: {
    values: one(1, () => erase(tensorTable)),
    indices: one(2, () => erase(tensorTable)),
    dims: many(3, "int64"),
  },
};
const attributeTable: Table<AttributeProto> = {
  name: "AttributeProto",
  fields: {
    name: one(1, "string"),
    refAttrName: one(21, "string"),
    docString: one(13, "string"),
    type: one(20, "int32"),
    f: one(2, "float"),
    i: one(3, "int64"),
    s: one(4, "bytes"),
    t: one(5, () => erase(tensorTable)),
    g: one(6, () => erase(graphTable)),
    sparseTensor: one(22, () => erase(sparseTable)),
    tp: one(14, () => erase(typeTable)),
    floats: many(7, "float"),
    ints: many(8, "int64"),
    strings: many(9, "bytes"),
    tensors: many(10, () => erase(tensorTable)),
    graphs: many(11, () => erase(graphTable)),
    sparseTensors: many(23, () => erase(sparseTable)),
    typeProtos: many(15, () => erase(typeTable)),
  },
};
const nodeTable: Table<NodeProto> = {
  name: "NodeProto",
  fields: {
    input: many(1, "string"),
    output: many(2, "string"),
    name: one(3, "string"),
    opType: one(4, "string"),
    domain: one(7, "string"),
    overload: one(8, "string"),
    attribute: many(5, () => erase(attributeTable)),
    docString: one(6, "string"),
  },
};
/** Fields of GraphProto. */
export const graphTable: Table<GraphProto> = {
  name: "GraphProto",
  fields: {
    node: many(1, () => erase(nodeTable)),
    name: one(2, "string"),
    initializer: many(5, () => erase(tensorTable)),
    sparseInitializer: many(15, () => erase(sparseTable)),
    docString: one(10, "string"),
    input: many(11, () => erase(valueInfo)),
    output: many(12, () => erase(valueInfo)),
    valueInfo: many(13, () => erase(valueInfo)),
  },
};
const functionTable: Table<FunctionProto> = {
  name: "FunctionProto",
  fields: {
    name: one(1, "string"),
    input: many(4, "string"),
    output: many(5, "string"),
    attribute: many(6, "string"),
    attributeProto: many(11, () => erase(attributeTable)),
    node: many(7, () => erase(nodeTable)),
    docString: one(8, "string"),
    opsetImport: many(9, () => erase(opsetId)),
    domain: one(10, "string"),
    overload: one(13, "string"),
  },
};
const trainingInfo: Table<TrainingInfoProto> = {
  name: "TrainingInfoProto",
  fields: { initialization: one(1, () => erase(graphTable)), algorithm: one(2, () => erase(graphTable)) },
};
/** Fields of ModelProto. */
export const modelTable: Table<ModelProto> = {
  name: "ModelProto",
  fields: {
    irVersion: one(1, "int64"),
    opsetImport: many(8, () => erase(opsetId)),
    producerName: one(2, "string"),
    producerVersion: one(3, "string"),
    domain: one(4, "string"),
    modelVersion: one(5, "int64"),
    docString: one(6, "string"),
    graph: one(7, () => erase(graphTable)),
    metadataProps: many(14, () => erase(entry)),
    trainingInfo: many(20, () => erase(trainingInfo)),
    functions: many(25, () => erase(functionTable)),
  },
};
/** Fields of SequenceProto. */
export const sequenceTable: Table<SequenceProto> = {
  name: "SequenceProto",
  fields: {
    name: one(1, "string"),
    elemType: one(2, "int32"),
    tensorValues: many(3, () => erase(tensorTable)),
    sparseTensorValues: many(4, () => erase(sparseTable)),
    sequenceValues: many(5, () => erase(sequenceTable)),
    mapValues: many(6, () => erase(mapTable)),
    optionalValues: many(7, () => erase(optionalTable)),
  },
};
/** Fields of MapProto. */
export const mapTable: Table<MapProto> = {
  name: "MapProto",
  fields: {
    name: one(1, "string"),
    keyType: one(2, "int32"),
    keys: many(3, "int64"),
    stringKeys: many(4, "bytes"),
    values: one(5, () => erase(sequenceTable)),
  },
};
/** Fields of OptionalProto. */
export const optionalTable: Table<OptionalProto> = {
  name: "OptionalProto",
  fields: {
    name: one(1, "string"),
    elemType: one(2, "int32"),
    tensorValue: one(3, () => erase(tensorTable)),
    sparseTensorValue: one(4, () => erase(sparseTable)),
    sequenceValue: one(5, () => erase(sequenceTable)),
    mapValue: one(6, () => erase(mapTable)),
    optionalValue: one(7, () => erase(optionalTable)),
  },
};
