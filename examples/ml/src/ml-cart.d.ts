declare module "ml-cart" {
  export class DecisionTreeClassifier {
    constructor(options?: { gainFunction?: "gini"; maxDepth?: number; minNumSamples?: number })
    static load(model: unknown): DecisionTreeClassifier
    train(features: number[][], labels: number[]): void
    predict(features: number[][]): number[]
    toJSON(): unknown
  }
}
