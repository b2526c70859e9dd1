/** What a model was compiled with, by a call or by a file, and where its optimizer stands. @module */
import { InputError, LapisError } from "../../../core/values/errors.ts";
import { versionOf } from "../../../core/training/saved.ts";
import type { CompileTraining, ModelParts, SavedTraining } from "../../../core/training/types.ts";
import { type Compiled, readCompiled } from "./compiled.ts";
import { hasPlainLabels } from "./forward.ts";
import { trainedNow } from "./graphs.ts";
import { OptimizerState } from "./optimizerstate.ts";
import { meanOverOf, optionsOf, serializeCompiled } from "./saved.ts";

/** A model's compilation. */
export class Compilation {
  readonly #parts: ModelParts;
  /** Told of the optimizer that was made, and whether a file says where it stands. */
  readonly #made: (state: OptimizerState, restored: boolean) => void;
  #compiled: Compiled | undefined;
  /** What a model that isn't built yet was compiled with. */
  #waiting: CompileTraining | undefined;
  #optimizer: OptimizerState | undefined;
  /** What a file says of the optimizer that isn't made yet, and why that can't be read. */
  #restoring: SavedTraining | undefined;
  #refused: unknown;

  constructor(parts: ModelParts, made: (state: OptimizerState, restored: boolean) => void) {
    this.#parts = parts;
    this.#made = made;
  }
  /** True once compiled, here or by a file. */
  get given(): boolean {
    return this.#waiting !== undefined || this.#parts.saved !== undefined;
  }
  /** Takes what `compile` was given; gives the slots that no step goes on from, none while the model waits for its first data. */
  compile(options: CompileTraining): readonly string[] | undefined {
    const { model, registry } = this.#parts;
    const slots = this.#optimizer?.entries.map((e) => e.input) ?? [];
    this.#waiting = options;
    this.#optimizer = undefined;
    this.#restoring = undefined;
    if (!model.built) return undefined;
    this.#compiled = readCompiled(registry, model.outputs, options);
    return slots;
  }
  /** What was compiled; a model from a file as it was saved. */
  ready(): Compiled {
    if (this.#compiled) return this.#compiled;
    const { saved, model, registry } = this.#parts;
    if (this.#waiting) return this.#compiled = readCompiled(registry, model.outputs, this.#waiting);
    if (!saved) {
      throw new InputError(`model ${model.name}: is not compiled: call model.compile({ loss }) first`);
    }
    this.#restoring = saved;
    const options = optionsOf(saved), version = versionOf(saved), meanOver = meanOverOf(saved);
    try {
      return this.#compiled = readCompiled(registry, model.outputs, options, version, meanOver);
    } catch (error) {
      // Only training needs the optimizer.
      const made = this.#compiled = {
        ...readCompiled(registry, model.outputs, { ...options, optimizer: "sgd" }, version, meanOver),
        optimizer: undefined,
      };
      this.#refused = error;
      return made;
    }
  }
  /** Where the optimizer stands; a model from a file goes on where the file says. */
  state(): OptimizerState {
    const { optimizer } = this.ready(), saved = this.#restoring;
    if (this.#optimizer) return this.#optimizer;
    if (!optimizer) throw this.#refused;
    const made = new OptimizerState(this.#parts, optimizer, trainedNow(this.#parts));
    if (saved) made.restore(saved);
    this.#made(made, saved !== undefined);
    return this.#optimizer = made;
  }

  /** Compilation and optimizer as files hold them. */
  saved(): SavedTraining | undefined {
    const { saved, model } = this.#parts, asKeras3 = saved?.version.startsWith("3") ? saved : undefined;
    const variables = (major: 2 | 3) => this.state().variables(major);
    if (!this.#optimizer && !this.#waiting) {
      // What Keras 3 wrote stays as it is until it is trained.
      if (!saved || !asKeras3?.variables) return asKeras3 ?? (saved && this.#converted(saved));
      const { variables: own } = asKeras3;
      return { ...saved, variables: (major = 3) => (major === 3 ? own() : variables(2)) };
    }
    if (!model.built) return undefined;
    const compiled = this.ready(), rate = compiled.optimizer && this.state().rate;
    return {
      config: serializeCompiled(compiled, model.outputs, rate),
      version: "3",
      ...(hasPlainLabels(compiled) && takesSides(compiled) && {
        differs: [
          "labels 0 and 1 of a hinge stay as they are, as in Keras up to 2.2; later ones take -1 and 1",
        ],
      }),
      variables: (major = 3) => variables(major),
    };
  }
  /** Another version's compilation by our own parts, or as it is where they can't read it. */
  #converted(saved: SavedTraining): SavedTraining | undefined {
    try {
      this.state();
    } catch (error) {
      if (error instanceof LapisError) return saved;
      throw error;
    }
    return this.saved();
  }
}

/** True where labels are sides of a margin. */
const takesSides = ({ losses, metrics }: Compiled): boolean =>
  [...losses.map((l) => l.loss), ...metrics.map((m) => m.metric)].some(({ def }) =>
    /^(hinge|squaredHinge)$/.test(def.name)
  );
