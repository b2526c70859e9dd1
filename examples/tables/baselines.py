"""scikit-learn on the same files: HistGradientBoosting and a linear model, as they come. Writes baselines.json.

    python baselines.py        # scikit-learn and pandas
"""
import json
import pathlib

import pandas as pd
import sklearn
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

here = pathlib.Path(__file__).parent
tables = {  # target, and columns that only tell rows apart
    "penguins": ("species", []),
    "titanic": ("Survived", ["PassengerId", "Name", "Ticket", "Cabin"]),
    "auto-mpg": ("Miles_per_Gallon", ["Name"]),
    "adult": ("income", []),
    "wine": ("cultivar", []),
    "bikes": ("bikers", []),
}
words, numbers = make_column_selector(dtype_exclude="number"), make_column_selector(dtype_include="number")
found = {"scikit-learn": sklearn.__version__}
for name, (target, ids) in tables.items():
    train, test = (pd.read_csv(here / f"data/{name}-{part}.csv", na_values="?").dropna(subset=[target]) for part in ("train", "test"))
    x, y, tx, ty = train.drop(columns=[target, *ids]), train[target], test.drop(columns=[target, *ids]), test[target]
    number = name in ("auto-mpg", "bikes")
    trees = HistGradientBoostingRegressor if number else HistGradientBoostingClassifier
    boosted = make_pipeline(
        make_column_transformer(
            (OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), words), remainder="passthrough"
        ),
        trees(random_state=0),
    )
    linear = make_pipeline(
        make_column_transformer(
            (make_pipeline(SimpleImputer(strategy="constant", fill_value="missing"), OneHotEncoder(handle_unknown="ignore")), words),
            (make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), numbers),
        ),
        Ridge() if number else LogisticRegression(max_iter=5000),
    )
    found[name] = {
        "metric": "r2" if number else "accuracy",
        "histGradientBoosting": round(boosted.fit(x, y).score(tx, ty), 4),
        "ridge" if number else "logisticRegression": round(linear.fit(x, y).score(tx, ty), 4),
    }
(here / "baselines.json").write_text(json.dumps(found, indent=2) + "\n")
print(json.dumps(found, indent=2))
