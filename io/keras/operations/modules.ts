/** Where Keras 3 keeps its operations: the module that a file names beside each class. @module */

/** Class names by module below `keras.src.ops`; all others are in `numpy`. */
const modules: Readonly<Record<string, string>> = {
  nn:
    "Relu Relu6 Sigmoid SparseSigmoid Softplus Softsign SoftShrink SparsePlus Silu Squareplus LogSigmoid LeakyRelu HardSigmoid HardSilu Elu Selu Gelu Celu Glu TanhShrink HardTanh HardShrink Threshold Softmax LogSoftmax Sparsemax MaxPool AdaptiveMaxPool AveragePool AdaptiveAveragePool Conv DepthwiseConv SeparableConv ConvTranspose OneHot BinaryCrossentropy CategoricalCrossentropy SparseCategoricalCrossentropy MultiHot Moments BatchNorm CTCLoss CTCDecode Normalize PSNR DotProductAttention RMSNorm LayerNorm Polar Unfold Fold DepthToSpace SpaceToDepth",
  math:
    "SegmentSum SegmentMax SegmentMin SegmentProd TopK InTopK Logsumexp CDist ExtractSequences FFT FFT2 IFFT2 RFFT IRFFT STFT ISTFT Rsqrt Erf Erfc Erfinv Logdet ViewAsComplex ViewAsReal",
  core:
    "Map Scan AssociativeScan Scatter ScatterUpdate Slice SliceUpdate Switch WhileLoop StopGradient ForiLoop Unstack Cast SaturateCast ConvertToTensor Cond VectorizedMap",
  linalg:
    "Cholesky CholeskyInverse Det Eig Eigh Inv LuFactor Norm Qr Solve SolveTriangular SVD Lstsq MatrixRank Pinv JVP",
  image:
    "RGBToGrayscale RGBToHSV HSVToRGB Resize AffineTransform ExtractPatches MapCoordinates PadImages CropImages PerspectiveTransform GaussianBlur ElasticTransform ScaleAndTranslate SobelEdges SSIM",
};
const byName = /* @__PURE__ */ new Map(
  Object.entries(modules).flatMap(([module, names]) =>
    names.split(" ").map((name) => [name, module] as const)
  ),
);

/** The module of an operation's class, as files name it. */
export function moduleOf(className: string): string {
  return `keras.src.ops.${byName.get(className) ?? "numpy"}`;
}
